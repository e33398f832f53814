import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { encode } from '@msgpack/msgpack';

import { Client, ProtocolError, RemoteError, TimeoutError } from '../index.js';
import { GUARD, startClient, startPeer } from './helpers.js';

describe('a peer of any kind', GUARD, () => {
  test('sees an empty delimiter, then the event, with ids of bytes that never repeat', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const ids = new Set();
    for (let i = 0; i < 10; i += 1) {
      const answer = client.invoke('event', i, 'x');
      const call = await peer.take();
      assert.equal(call.delimiter.length, 0);
      assert.equal(call.header.v, 3);
      assert(call.header.message_id instanceof Uint8Array);
      assert.deepEqual([call.name, call.args], ['event', [i, 'x']]);
      ids.add(Buffer.from(call.header.message_id).toString());
      await peer.answer(call, 'OK', [null]);
      await answer;
    }
    assert.equal(ids.size, 10);
  });

  test('may echo the id as bin or as str', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    for (const kind of ['bin', 'str']) {
      const answer = client.invoke('event');
      const call = await peer.take();
      const id = call.header.message_id;
      await peer.answer(call, 'OK', [kind], kind === 'str' ? Buffer.from(id).toString('latin1') : id);
      assert.equal(await answer, kind);
    }
    assert.equal(client.dropped, 0);
  });

  test('may send garbage: it is counted, dropped, and the client continues', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const answer = client.invoke('event');
    const call = await peer.take();
    const garbage = [
      Buffer.alloc(0),
      Buffer.from([0xc1]),
      randomBytes(1000),
      encode(null),
      encode({ header: 1 }),
      encode([1, 2, 3]),
      encode([{}, 'OK', [1]]),
      encode([{ response_to: 'nobody' }, 'OK', [1]]),
      encode([{ response_to: [1] }, 'OK', [1]]),
      encode([{ response_to: {} }, 'ERR', ['a', 'b', 'c']]),
      encode([{ response_to: 'nobody' }, '_zpc_hb', [0]]),
      encode([null, 'OK', [1]]),
      Buffer.concat([Buffer.alloc(90_000, 0x91), Buffer.from([0x01])]),
    ];
    for (const payload of garbage) await peer.sendRaw(call, payload);
    await peer.answer(call, 'OK', ['clean']);
    assert.equal(await answer, 'clean');
    assert.equal(client.dropped, garbage.length);
  });

  /** @type {[string, string, unknown, RegExp][]} */
  const MALFORMED = [
    ['an OK without a value', 'OK', [], /an OK whose arguments are not one value/],
    ['an OK that is not a list', 'OK', 'x', /an OK whose arguments are not one value/],
    ['an ERR of one text', 'ERR', ['boom'], /an ERR whose arguments are not name, message and traceback/],
    ['an ERR of numbers', 'ERR', [1, 2, 3], /an ERR whose arguments are not/],
    ['an event of unknown name', 'MAYBE', [1], /the unknown event "MAYBE"/],
  ];
  for (const [what, name, args, reason] of MALFORMED) {
    test(`${what} rejects that call alone`, async (t) => {
      const peer = await startPeer(t);
      const client = await startClient(t, peer.address);
      const bad = assert.rejects(client.invoke('event'), (error) => {
        assert(error instanceof ProtocolError);
        assert.match(error.message, /^"event" was answered with /);
        assert.match(error.message, reason);
        return true;
      });
      await peer.answer(await peer.take(), name, args);
      await bad;
      const good = client.invoke('event');
      await peer.answer(await peer.take(), 'OK', [1]);
      assert.equal(await good, 1);
    });
  }

  test('may leave out the traceback of an exception', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const bad = assert.rejects(client.invoke('event'), (error) => {
      assert(error instanceof RemoteError);
      assert.equal(error.traceback, null);
      return true;
    });
    await peer.answer(await peer.take(), 'ERR', ['Error', 'boom', null]);
    await bad;
  });

  test('may read slowly: thousands of large calls wait their turn and all arrive in order', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address, { heartbeat: 60_000 });
    const filler = 'x'.repeat(10_000);
    const answers = Array.from({ length: 2500 }, (_, i) => client.invoke('event', i, filler));
    for (let i = 0; i < answers.length; i += 1) {
      const call = await peer.take();
      assert.equal(call.args[0], i);
      await peer.answer(call, 'OK', [i]);
    }
    assert.equal((await Promise.all(answers)).length, 2500);
  });

  test('is not connected to when it does not speak ZeroMQ', async (t) => {
    const sockets = new Set();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    t.after(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const client = new Client(`tcp://127.0.0.1:${port}`);
    await assert.rejects(client.connect({ timeout: 500 }), TimeoutError);
  });
});

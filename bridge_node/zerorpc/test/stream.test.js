import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import { LostRemoteError, ProtocolError, RemoteError } from '../index.js';
import { GUARD, startClient, startPeer, startServer } from './helpers.js';

describe('a stream', GUARD, () => {
  /** @param {import('node:test').TestContext} t */
  async function startStream(t) {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const items = client.stream('items', 1);
    return { peer, client, items, call: await peer.take() };
  }

  test('is called like any method, and grants more when items are consumed, not before the first one', async (t) => {
    const { peer, items, call } = await startStream(t);
    assert.deepEqual([call.name, call.args, call.header.response_to], ['items', [1], undefined]);
    const first = items.next();
    await peer.answer(call, 'STREAM', 'a');
    assert.deepEqual(await first, { value: 'a', done: false });
    const second = items.next();
    const grant = await peer.take();
    assert.deepEqual([grant.name, grant.args, grant.header.response_to], ['_zpc_more', [100], call.header.message_id]);
    for (let i = 0; i < 100; i += 1) await peer.answer(call, 'STREAM', i);
    assert.deepEqual(await second, { value: 0, done: false });
    for (let i = 1; i <= 60; i += 1) await items.next();
    const { name, args } = await peer.take();
    assert.equal(name, '_zpc_more');
    assert(args[0] > 50 && args[0] <= 61, `${args[0]} were granted`);
  });

  test('gives items, end and error to as many as wait for them', async (t) => {
    const { peer, items, call } = await startStream(t);
    const waiting = [items.next(), items.next(), items.next(), items.next()];
    await peer.answer(call, 'STREAM', 1);
    await peer.take(); // the grant
    await peer.answer(call, 'STREAM', null);
    await peer.answer(call, 'STREAM_DONE', []);
    assert.deepEqual(await Promise.all(waiting), [
      { value: 1, done: false },
      { value: null, done: false },
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  });

  test('throws the error of its method once, after the items that came before it', async (t) => {
    const { peer, items, call } = await startStream(t);
    const first = items.next();
    await peer.answer(call, 'STREAM', 1);
    await first;
    await peer.answer(call, 'STREAM', 2);
    await peer.answer(call, 'ERR', ['ValueError', 'no more', null]);
    assert.deepEqual(await items.next(), { value: 2, done: false });
    await assert.rejects(items.next(), (error) => {
      assert(error instanceof RemoteError);
      assert.deepEqual([error.name, error.message], ['ValueError', 'no more']);
      return true;
    });
    assert.deepEqual(await items.next(), { value: undefined, done: true });
  });

  test('that sends more than was granted is cut off, alone', async (t) => {
    const { peer, client, items, call } = await startStream(t);
    await peer.answer(call, 'STREAM', 1);
    await peer.answer(call, 'STREAM', 2);
    const alive = client.invoke('alive');
    await peer.answer(await peer.take(), 'OK', [true]);
    assert.equal(await alive, true);
    await items.next();
    await assert.rejects(items.next(), (error) => {
      assert(error instanceof ProtocolError);
      assert.equal(error.message, '"items" has sent more items than were granted');
      return true;
    });
  });

  test('ends for the consumer with the loop, and for the server with the heartbeats', async (t) => {
    const { peer, client, items, call } = await startStream(t);
    await peer.answer(call, 'STREAM', 1);
    for await (const item of items) {
      assert.equal(item, 1);
      break;
    }
    assert.deepEqual(await items.next(), { value: undefined, done: true });
    const { dropped } = client;
    await peer.answer(call, 'STREAM', 2);
    const other = client.invoke('other');
    const taken = await peer.take({ heartbeats: true });
    assert.equal(taken.name, 'other');
    await peer.answer(taken, 'OK', [1]);
    await other;
    assert.equal(client.dropped, dropped + 1);
  });

  test('is cut off with its connection', async (t) => {
    const server = await startServer(t);
    const client = await startClient(t, server.address);
    const items = client.stream('endless');
    assert.deepEqual(await items.next(), { value: 0, done: false });
    const lost = once(client, 'lost');
    await server.kill();
    await lost;
    await assert.rejects(
      async () => {
        for await (const item of items) assert(item > 0);
      },
      (error) => {
        assert(error instanceof LostRemoteError);
        assert.match(error.message, /^the call of "endless" was cut off: lost the connection/);
        return true;
      },
    );
    assert.throws(() => client.stream('endless'), LostRemoteError);
  });

  test('that is read slowly is not sent faster by Python', async (t) => {
    const server = await startServer(t);
    const client = await startClient(t, server.address);
    const items = client.stream('endless');
    for (let i = 0; i < 150; i += 1) await items.next();
    const sent = await client.invoke('sent');
    assert(sent >= 150 && sent <= 250, `${sent} were sent`);
    await items.return?.();
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { encode } from '@msgpack/msgpack';

import { MAX_CALL_SIZE, MAX_CALLS, MAX_UNREAD } from '../wire/limits.js';
import { eventually, GUARD, PERIOD, startCaller, startClient, startOwnServer } from './helpers.js';

const methods = {
  echo: (/** @type {unknown} */ value) => value,
  hold: () => new Promise(() => {}),
};
const head = (/** @type {object} */ more) => ({ message_id: 'an id', v: 3, ...more });

/** @type {[string, Uint8Array][]} */
const GARBAGE = [
  ['nothing', Buffer.alloc(0)],
  ['the reserved byte', Buffer.from([0xc1])],
  ['random bytes', randomBytes(1000)],
  ['nil', encode(null)],
  ['numbers', encode([1, 2, 3])],
  ['a map', encode({ header: 1 })],
  ['a header that is none', encode(['x', 'echo', [1]])],
  ['no id', encode([{ v: 3 }, 'echo', [1]])],
  ['an id that is a list', encode([head({ message_id: [1] }), 'echo', [1]])],
  ['an id that is a map', encode([head({ message_id: {} }), 'echo', [1]])],
  ['an id without end', encode([head({ message_id: 'x'.repeat(100_000) }), 'echo', [1]])],
  ['no version', encode([{ message_id: 'x' }, 'echo', [1]])],
  ['another version', encode([head({ v: 2 }), 'echo', [1]])],
  ['a version that is a text', encode([head({ v: '3' }), 'echo', [1]])],
  ['a response to a list', encode([head({ response_to: [1] }), '_zpc_hb', [0]])],
  ['a response to a map', encode([head({ response_to: {} }), '_zpc_hb', [0]])],
  ['a response to nil', encode([head({ response_to: null }), '_zpc_hb', [0]])],
  ['an answer', encode([head({ response_to: 'x' }), 'OK', [1]])],
  ['a stream', encode([head({ response_to: 'x' }), 'STREAM', 1])],
  ['a name that is a number', encode([head({ response_to: 'x' }), 7, [1]])],
  ['a beat that begins a call', encode([head({}), '_zpc_hb', [0]])],
  ['a grant that begins a call', encode([head({}), '_zpc_more', [1]])],
  ['more bytes after a beat', Buffer.concat([encode([head({ response_to: 'x' }), '_zpc_hb', [0]]), Buffer.alloc(1)])],
  ['levels without end', Buffer.concat([Buffer.alloc(90_000, 0x91), Buffer.from([1])])],
];

describe('a hostile caller', GUARD, () => {
  test('may send garbage: it is counted, and calls are answered before and after', async (t) => {
    const { server, address } = await startOwnServer(t, methods);
    const caller = startCaller(t, address);
    for (const [n, [what, payload]] of GARBAGE.entries()) {
      await caller.sendRaw(payload);
      await caller.call('echo', [what]);
      assert.deepEqual((await caller.take()).args, [what]);
      assert.equal(server.dropped, n + 1, what);
    }
    assert.equal(server.calls, 0);
  });

  test('is told what is wrong with its call, where its id can be read', async (t) => {
    const { address } = await startOwnServer(t, methods);
    const caller = startCaller(t, address);
    const header = Buffer.concat([Buffer.from([0x93]), encode(head({})), encode('echo')]);
    const claim = Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]);
    for (const args of [encode({ a: 1 }), encode(7), Buffer.from([0xc1]), claim, encode([1]).subarray(0, 1)]) {
      await caller.sendRaw(Buffer.concat([header, args]));
      const { header: answered, name, args: error } = await caller.take();
      assert.deepEqual([answered.response_to, name, error[0]], ['an id', 'ERR', 'ProtocolError']);
      assert.match(error[1], /^the call is none: its arguments /);
    }
    await caller.call('echo', [Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key ${i}`, {}]))]);
    assert.equal((await caller.take()).name, 'OK');
  });

  test('may send hundreds of events on one call, and begin it twice', async (t) => {
    const { server, address } = await startOwnServer(t, methods);
    const caller = startCaller(t, address);
    const id = await caller.call('hold');
    for (let i = 0; i < 500; i += 1) {
      await caller.tell(id, i % 2 ? '_zpc_hb' : '_zpc_more', [1]);
      await caller.tell(id, 'echo', [i]);
      await caller.call('echo', [i], id);
    }
    const client = await startClient(t, address);
    assert.equal(await client.invoke('echo', 'alive'), 'alive');
    await eventually(() => server.dropped === 1000);
    assert.equal(server.calls, 1);
  });

  test('gets a sentence for the call that is one too many, and others are served again when it is gone', async (t) => {
    const { server, address } = await startOwnServer(t, methods, { heartbeat: 10_000 });
    const caller = startCaller(t, address);
    for (let i = 0; i < MAX_CALLS; i += 1) await caller.call('hold');
    await caller.call('echo', [1], 'last');
    await assertRefused(caller);
    caller.dealer.close();
    await eventually(() => server.calls === 0);
    const client = await startClient(t, address, { heartbeat: 10_000 });
    assert.equal(await client.invoke('echo', 'alive'), 'alive');
  });

  test('gets the same sentence for calls that are too large together', async (t) => {
    const { address } = await startOwnServer(t, methods, { heartbeat: 60_000 });
    const caller = startCaller(t, address);
    const size = MAX_CALL_SIZE - 100;
    const bytes = Buffer.alloc(size + 5);
    bytes[0] = 0xc6;
    bytes.writeUInt32BE(size, 1);
    for (const id of ['1', '2', '3', '4', 'last']) {
      const header = encode(head({ message_id: id }));
      await caller.sendRaw(Buffer.concat([Buffer.from([0x93]), header, encode('hold'), Buffer.from([0x91]), bytes]));
    }
    await assertRefused(caller);
    await caller.call('echo', ['small'], 'small');
    assert.deepEqual((await caller.take()).args, ['small']);
  });

  test('is lost when it grants a stream without end and does not read it, however well it beats', async (t) => {
    let items = 0;
    let isClosed = false;
    const { server, address } = await startOwnServer(t, {
      ...methods,
      *endless() {
        try {
          for (; ; items += 1) yield '.'.repeat(1000);
        } finally {
          isClosed = true;
        }
      },
    });
    const caller = startCaller(t, address);
    const id = await caller.call('endless');
    await caller.tell(id, '_zpc_more', [2 ** 31]);
    const beats = setInterval(() => caller.tell(id, '_zpc_hb', [0]).catch(() => {}), PERIOD / 2);
    await eventually(() => isClosed && server.calls === 0);
    clearInterval(beats);
    assert(items > MAX_UNREAD / 2, `${items}`);
    const client = await startClient(t, address);
    assert.equal(await client.invoke('echo', 'alive'), 'alive');
  });

  test('is disconnected by a message that is too large, and nobody else', async (t) => {
    const { address } = await startOwnServer(t, methods);
    const client = await startClient(t, address);
    const caller = startCaller(t, address);
    await caller.call('echo', [1]);
    await caller.take();
    const disconnected = (async () => {
      for await (const { type } of caller.dealer.events) if (type === 'disconnect') return;
    })();
    await caller.sendRaw(Buffer.alloc(MAX_CALL_SIZE + 1));
    await disconnected;
    assert.equal(await client.invoke('echo', 'alive'), 'alive');
  });
});

/** @param {ReturnType<typeof startCaller>} caller */
async function assertRefused(caller) {
  const { header, name, args } = await caller.take();
  assert.deepEqual([header.response_to, name, args[0]], ['last', 'ERR', 'TooManyCalls']);
  assert.match(args[1], /call again later/);
}

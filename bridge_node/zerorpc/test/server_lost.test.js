import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { block, eventually, GUARD, PERIOD, startCaller, startClient, startOwnServer } from './helpers.js';

/** Methods of which one call can be held, and one stream. */
function holding() {
  /** @type {(value: unknown) => void} */
  let release = () => {};
  const state = { closed: false };
  return {
    state,
    methods: {
      hold: () => new Promise((resolve) => (release = resolve)),
      release: (/** @type {unknown} */ value) => release(value),
      async *items() {
        try {
          for (let i = 0; ; i += 1) yield i;
        } finally {
          state.closed = true;
        }
      },
    },
  };
}

describe('heartbeats of a server', { ...GUARD, concurrency: true }, () => {
  test('come from the first period on, for callers that wait for them', async (t) => {
    const { methods } = holding();
    const { address } = await startOwnServer(t, methods);
    const caller = startCaller(t, address);
    const id = await caller.call('hold');
    for (let round = 0; round < 6; round += 1) {
      const { header, name, args } = await caller.take({ heartbeats: true });
      assert.deepEqual([header.response_to, name, args], [id, '_zpc_hb', [0]]);
      await caller.tell(id, '_zpc_hb', [0]);
    }
    await caller.call('release', ['done']);
    const answers = [await caller.take(), await caller.take()];
    assert.deepEqual(new Set(answers.map(({ name, args }) => `${name} ${args}`)), new Set(['OK ', 'OK done']));
  });

  test('that are missing cost the caller its call, which is free again, and closes its stream', async (t) => {
    const { methods, state } = holding();
    const { server, address } = await startOwnServer(t, methods);
    const caller = startCaller(t, address);
    const held = await caller.call('hold');
    const id = await caller.call('items');
    const chatter = setInterval(() => caller.tell(id, '_zpc_more', [1]).catch(() => {}), PERIOD / 4); // is no beat
    await eventually(() => server.calls === 2);
    await eventually(() => server.calls === 0);
    clearInterval(chatter);
    await eventually(() => state.closed);
    await caller.call('release', [], 'end');
    let beats = 0;
    for (let event; event?.header.response_to !== 'end';) {
      event = await caller.take({ heartbeats: true });
      if (event.header.response_to === held) beats += 1;
    }
    assert(beats >= 2, `${beats} beats until the third check`);
  });

  test('find a caller that is gone at the first one', async (t) => {
    const { methods, state } = holding();
    const { server, address } = await startOwnServer(t, methods);
    const caller = startCaller(t, address);
    await caller.call('items');
    assert.equal((await caller.take()).args, 0);
    const beats = caller.take({ heartbeats: true });
    await beats;
    caller.dealer.close();
    await eventually(() => state.closed && server.calls === 0);
  });

  test('keep a stream alive whose consumer takes its time', async (t) => {
    const { methods, state } = holding();
    const { address } = await startOwnServer(t, methods);
    const client = await startClient(t, address);
    const items = client.stream('items');
    await items.next();
    await sleep(4 * PERIOD);
    for (let i = 1; i < 500; i += 1) assert.deepEqual(await items.next(), { value: i, done: false });
    assert.equal(state.closed, false);
  });
});

describe('heartbeats of a server whose event loop is held up', GUARD, () => {
  test('are not missed by a server that was held up itself', async (t) => {
    const { methods } = holding();
    const { address } = await startOwnServer(t, {
      ...methods,
      block: (/** @type {number} */ ms) => block(ms),
    });
    const caller = startCaller(t, address);
    const id = await caller.call('hold');
    await caller.take({ heartbeats: true });
    await caller.call('block', [5 * PERIOD], 'block');
    await caller.take(); // its answer; this caller was as silent as the server
    await caller.tell(id, '_zpc_hb', [0]);
    await caller.take({ heartbeats: true });
    await caller.call('release', ['alive'], 'release');
    const answers = [await caller.take(), await caller.take()];
    assert(answers.some(({ args }) => args[0] === 'alive'));
  });

  test('come between calls that hold up the event loop one after the other', async (t) => {
    const { address } = await startOwnServer(t, { block: (/** @type {number} */ ms) => block(ms) });
    const caller = startCaller(t, address);
    for (let n = 0; n < 6; n += 1) await caller.call('block', [0.9 * PERIOD], String(n));
    let beats = 0;
    for (let answers = 0; answers < 6;) {
      const { header, name } = await caller.take({ heartbeats: true });
      if (name === '_zpc_hb' && header.response_to === '5') beats += 1;
      else if (name === 'OK') answers += 1;
      for (let n = answers; n < 6; n += 1) await caller.tell(String(n), '_zpc_hb', [0]);
    }
    assert(beats >= 2, `${beats} beats for the last call`);
  });
});

describe('the window of a stream', GUARD, () => {
  test('is one item until the caller grants more; none is computed for nobody', async (t) => {
    let computed = 0;
    const { server, address } = await startOwnServer(t, {
      *items() {
        for (; computed < 5; computed += 1) yield computed;
        return 'is not sent';
      },
    });
    const caller = startCaller(t, address);
    const id = await caller.call('items');
    const take = async () => {
      const { name, args } = await caller.take();
      return [name, args];
    };
    assert.deepEqual(await take(), ['STREAM', 0]);
    await caller.take({ heartbeats: true });
    assert.equal(computed, 0);
    for (const grant of [[-1], ['x'], [], null, [0], [NaN], { n: 1 }]) await caller.tell(id, '_zpc_more', grant);
    await caller.tell(id, '_zpc_more', [2]);
    assert.deepEqual(
      [await take(), await take()],
      [
        ['STREAM', 1],
        ['STREAM', 2],
      ],
    );
    await caller.tell(id, '_zpc_hb', [0]);
    await caller.take({ heartbeats: true });
    assert.equal(computed, 2);
    await caller.tell(id, '_zpc_more', [2]);
    await caller.tell(id, '_zpc_more', [1]);
    assert.deepEqual(
      [await take(), await take(), await take()],
      [
        ['STREAM', 3],
        ['STREAM', 4],
        ['STREAM_DONE', null],
      ],
    );
    await eventually(() => server.calls === 0);
  });

  test('may be as wide as a caller says: others are answered while that one reads', async (t) => {
    const { address } = await startOwnServer(t, {
      *items() {
        for (;;) yield 1;
      },
      echo: (/** @type {unknown} */ value) => value,
    });
    // in a process of its own, so that it goes on reading if the server leaves this one no time
    const script = `
      import { encode } from '@msgpack/msgpack';
      import { Dealer } from 'zeromq';
      const dealer = new Dealer({ receiveHighWaterMark: 0 });
      dealer.connect(${JSON.stringify(address)});
      await dealer.send(['', encode([{ message_id: 'id', v: 3 }, 'items', []])]);
      await dealer.receive();
      await dealer.send(['', encode([{ message_id: 'more', v: 3, response_to: 'id' }, '_zpc_more', [2 ** 31]])]);
      let count = 0;
      for await (const _ of dealer) if ((count += 1) === 1000) console.log('reading');`;
    const greedy = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('.', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => greedy.kill('SIGKILL'));
    await once(greedy.stdout, 'data');
    const client = await startClient(t, address);
    for (let i = 0; i < 20; i += 1) assert.equal(await client.invoke('echo', i), i);
  });
});

/** Another algorithm goes on with the account of one that runs, in a journal of its own. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { checkDead } from '../src/route/replacement.js';
import { FakeService, PLAIN, startBackend, startBridge, until } from './fake_backend.js';
import { FakeJournal, startHolder } from './fake_pair.js';
import { BROKERS, startBroker } from './helpers.js';
import { connect, lastDuty, once } from './swapping.js';

/**
 * A bridge, quotes that never stop to come, and two backends with a journal each.
 * @param {import('node:test').TestContext} t
 * @param {{url: string}} broker
 */
async function startTwo(t, { url }) {
  const journals = [new FakeJournal(), new FakeJournal()];
  const [old, next] = [await startHolder(t, journals[0], true), await startHolder(t, journals[1], true)];
  const bridge = await startBridge(t, url, old.address);
  const client = await connect(t, url);
  await client.publish(20);
  client.begin();
  const end = () => client.end(...journals);
  return { old, next, journals, bridge, ...client, end };
}

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} another backend goes on with the account, and decides no quote again`, { skip }, async (t) => {
    const { old, next, journals, swap, records, end } = await startTwo(t, await start(t));
    const order = { order_id: 'mine:quotes:7:0', sid: 'GOOG', side: 'buy', quantity: 1 };
    journals[0].waiting.push(order);
    const { outcome, text, cancelled } = await swap(next.address);
    assert.equal(outcome, 'done');
    assert.equal(
      text,
      `mine is served at ${next.address}, in place of ${old.address}; it goes on with cash of 50000.00 and positions in GOOG; 1 order that waited is cancelled`,
    );
    assert.deepEqual(cancelled, [order]);
    const swaps = records.values.filter((record) => record.swap).map((record) => record.swap);
    assert.deepEqual(swaps.at(-1), { from: old.address, to: next.address, epoch: 1, id: 's0', kind: 'replace' });
    const assignment = { address: next.address, epoch: 1, instead_of: [old.address], id: 's0' };
    assert.deepEqual(lastDuty(records), { assignment, swap: undefined });
    await end();
    assert.ok(journals[0].handedOver);
    assert.ok(journals[1].decided.length > 0);
    assert.equal(journals[1].before, journals[0].decided.length);
    assert.equal(journals[1].held, journals[1].seq);
  });
}

/** The calls of a replacement: of which backend. */
const CALLS = /** @type {const} */ ([
  ['journal', 'next'],
  ['journal', 'old'],
  ['initialize', 'next'],
  ['hand_over', 'old'],
  ['take_over', 'next'],
]);

for (const [method, which] of CALLS) {
  test(`where ${method} of the ${which} backend fails, the old one goes on with its account`, async (t) => {
    const two = await startTwo(t, await startBroker(t));
    const { old, next, journals, swap, records, end } = two;
    once(two[which].holder, method, 'before', () => {
      throw new Error('no room on the disk');
    });
    const { outcome, text } = await swap(next.address);
    assert.equal(outcome, 'refused');
    assert.match(text, /no room on the disk/);
    assert.ok(text.endsWith(`; mine is served at ${old.address} as before`));
    assert.deepEqual(lastDuty(records), { assignment: undefined, swap: undefined });
    assert.equal((await swap(next.address)).outcome, 'done');
    await end();
    assert.equal(journals[1].held, journals[1].seq);
  });

  for (const when of /** @type {const} */ (['before', 'after'])) {
    test(`where the ${which} backend dies ${when} ${method}, one of the two has the account`, async (t) => {
      const two = await startTwo(t, await startBroker(t));
      const { next, journals, swap, end } = two;
      const killed = two[which];
      once(killed.holder, method, when, () => {
        killed.kill();
        void killed.startAgain();
      });
      const { outcome } = await swap(next.address);
      const serving = outcome === 'done' ? next : two.old;
      await end();
      assert.equal((await swap(serving.address)).outcome, 'unchanged');
      const { journal } = serving.holder;
      assert.deepEqual([journal.handedOver, journal.held], [false, journal.seq]);
      if (outcome === 'refused') assert.deepEqual(journals[1].decided, []);
    });
  }
}

/** @type {[string, (journals: FakeJournal[]) => void, 'old' | 'next'][]} */
const LEFT = [
  ['nothing was handed over', () => {}, 'old'],
  ['the old one has handed over', ([old]) => Object.assign(old, { epoch: 3, handedOver: true }), 'old'],
  [
    'the new one has taken over',
    ([old, next]) => {
      Object.assign(old, { epoch: 3, handedOver: true });
      Object.assign(next, { epoch: 3, takenOver: 3 });
    },
    'next',
  ],
  [
    'the new one has taken over another time',
    ([old, next]) => {
      Object.assign(old, { epoch: 3, handedOver: true });
      Object.assign(next, { epoch: 2, takenOver: 2 });
    },
    'old',
  ],
  [
    'the new one has taken over after the old one was taken back',
    ([old, next]) => {
      Object.assign(old, { epoch: 4 });
      Object.assign(next, { epoch: 3, takenOver: 3 });
    },
    'old',
  ],
];
for (const given of /** @type {const} */ (['old', 'next'])) {
  for (const [what, prepare, serving] of LEFT) {
    test(`a bridge that is given the ${given} backend ends what another has left, where ${what}`, async (t) => {
      const { url } = await startBroker(t);
      const journals = [new FakeJournal(), new FakeJournal()];
      const two = { old: await startHolder(t, journals[0], true), next: await startHolder(t, journals[1], true) };
      prepare(journals);
      const swap = { from: two.old.address, to: two.next.address, epoch: 3, id: 's1', kind: 'replace' };
      const publisher = await mqtt.connectAsync(url);
      await publisher.publishAsync('bridges/mine', JSON.stringify({ swap }), { qos: 1, retain: true });
      await publisher.endAsync();
      const client = await connect(t, url);
      await startBridge(t, url, two[given].address);
      await client.publish(20);
      await client.check(two[serving].holder.journal);
      // a hand_over of the bridge before that comes now is too late
      if (serving === 'old') assert.deepEqual([journals[0].epoch, journals[0].handedOver], [4, false]);
      await until(() => client.records.values.at(-1)?.instance && !client.records.values.at(-1).swap);
      const address = serving === 'next' ? two.next.address : undefined;
      assert.equal(lastDuty(client.records).assignment?.address, address);
    });
  }
}

test('a backend that has handed over, where it is not known to whom, is not served', async (t) => {
  const { url } = await startBroker(t);
  const journal = new FakeJournal();
  const { address } = await startHolder(t, journal, true);
  journal.handedOver = true;
  await assert.rejects(startBridge(t, url, address), /has handed its account over, and where to is not retained/);
  assert.ok(journal.handedOver);
});

test('a standby with another journal is replaced with if that is said, and is one again where it is refused', async (t) => {
  const two = await startTwo(t, await startBroker(t));
  const { next, journals, swap, end } = two;
  journals[1].holder = undefined;
  const { outcome, text } = await swap(next.address);
  assert.equal(outcome, 'refused');
  assert.match(text, /has another journal .* say --positions keep or --positions flatten/);
  once(next.holder, 'take_over', 'before', () => {
    throw new Error('no room on the disk');
  });
  assert.equal((await swap(next.address, { positions: 'keep' })).outcome, 'refused');
  assert.ok(!next.holder.isOpen);
  assert.equal((await swap(next.address, { positions: 'keep' })).outcome, 'done');
  await end();
  assert.equal(journals[1].held, journals[1].seq);
});

test('with --positions flatten the new backend begins with nothing held, and may buy', async (t) => {
  const { next, journals, swap, orders, end } = await startTwo(t, await startBroker(t));
  const { outcome, text } = await swap(next.address, { positions: 'flatten' });
  assert.equal(outcome, 'done');
  assert.match(text, /; it goes on with cash of 50000.00 and no position$/);
  await end();
  assert.deepEqual(journals[0].halt, { reason: `swap to ${next.address}`, by: null, id: 's0/flatten' });
  assert.equal(journals[1].halt, null);
  assert.equal(journals[1].held, journals[1].decided.length);
  assert.equal(orders.values.at(-1).quantity, 1);
});

test("a person's halt goes over", async (t) => {
  const { next, journals, swap, end } = await startTwo(t, await startBroker(t));
  const halt = { reason: 'news', by: 'Ann', id: 'h1' };
  journals[0].halt = halt;
  const { text } = await swap(next.address, { positions: 'flatten' });
  assert.match(text, /; buying stays halted$/);
  assert.deepEqual(journals[1].halt, halt);
  await end();
});

test('a swap that expires while something is held leaves the old backend serving, and says so', async (t) => {
  const { old, next, journals, swap, end } = await startTwo(t, await startBroker(t));
  old.holder.hasNoBuyer = true;
  const expires = new Date(Date.now() + 2000).toISOString();
  const { outcome, text } = await swap(next.address, { positions: 'flatten', expires });
  assert.equal(outcome, 'refused');
  assert.equal(
    text,
    `the swap has expired: mine still holds GOOG, which is sold at its next trusted quote; it was told to sell what it holds, and buying stays halted until a person resumes it; mine is served at ${old.address} as before`,
  );
  await end();
  assert.ok(!journals[0].handedOver);
  assert.deepEqual(journals[1].decided, []);
});

test('a backend that has bought again when it hands over is taken back', async (t) => {
  const { old, next, journals, swap, end } = await startTwo(t, await startBroker(t));
  once(old.holder, 'hand_over', 'before', () => {
    journals[0].held = 1;
  });
  const { outcome, text } = await swap(next.address, { positions: 'flatten' });
  assert.equal(outcome, 'refused');
  assert.match(text, /has bought again meanwhile, and holds GOOG; it was told to sell/);
  await end();
  assert.ok(!journals[0].handedOver);
});

test('a backend with a journal that stays dead is not replaced, as its journal has the account', async (t) => {
  const { old, next, journals, swap, end } = await startTwo(t, await startBroker(t));
  once(old.holder, 'events', 'before', () => old.kill());
  await until(() => !old.holder.isOpen);
  const { outcome, text } = await swap(next.address, { force: true });
  assert.equal(outcome, 'refused');
  assert.match(text, /is dead, and what it holds is in its journal: have a service with the same --journal/);
  await old.startAgain();
  await end();
  assert.deepEqual(journals[1].decided, []);
});

test('a backend with a journal that dies while it is held is not replaced either', async (t) => {
  const { old, next, swap, end } = await startTwo(t, await startBroker(t));
  once(old.holder, 'hand_over', 'before', () => {
    old.kill();
    void old.startAgain();
  });
  const { outcome, text } = await swap(next.address, { force: true });
  assert.equal(outcome, 'refused');
  assert.match(text, /is dead, and what it holds is in its journal/);
  await end();
});

test('a quote on a channel that both have is decided once, and the channels are those of the new backend', async (t) => {
  const { url } = await startBroker(t);
  const two = await startTwo(t, { url });
  const { next, journals, swap, end } = two;
  next.holder.channels = ['quotes', 'others'];
  assert.equal((await swap(next.address)).outcome, 'done');
  await end();
  const publisher = await mqtt.connectAsync(url);
  await publisher.publishAsync('others', JSON.stringify({ sid: 'AAPL', quote: 7, id: 'new' }), { qos: 1 });
  await until(() => journals[1].decided.includes('new'));
  await publisher.endAsync();
});

/**
 * The methods of a service whose decisions are in memory.
 * @param {FakeService} service
 * @param {object} [others]
 */
function inMemory(service, others = {}) {
  let epoch = 0;
  let handedOver = false;
  /** @type {number | null} */
  let takenOver = null;
  const standing = () => ({
    id: 'memory',
    seq: 2e15,
    epoch,
    is_open: true,
    file: null,
    handed_over: handedOver,
    taken_over: takenOver,
  });
  const { events, ...methods } = service.methods();
  return {
    ...methods,
    events: (/** @type {any[]} */ inputs) => {
      if (handedOver) throw new Error('mine was handed over');
      return events(inputs);
    },
    snapshot: () => ({ algo: 'mine', seq: 2e15 + service.decided.size, cash: 7, positions: {} }),
    journal: standing,
    hand_over: (/** @type {number} */ at) => {
      epoch = at;
      handedOver = true;
      return { seq: 2e15, epoch, cash: 7, positions: {}, halt: service.halted, stop: 'drawdown', cancelled: [] };
    },
    take_over: (/** @type {any} */ { halt }, /** @type {number} */ at) => {
      epoch = takenOver = at;
      service.halted = halt;
      return standing();
    },
    take_back: (/** @type {number} */ at) => {
      epoch = at;
      handedOver = false;
      return standing();
    },
    ...others,
  };
}

/**
 * A bridge with a backend, and a client.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, (...args: any[]) => unknown>} methods  of the backend
 */
async function serve(t, methods) {
  const { url } = await startBroker(t);
  const old = await startBackend(t, methods);
  const bridge = await startBridge(t, url, old.address);
  return { old, bridge, url, ...(await connect(t, url)) };
}

test('a service without a journal is replaced, and a halt stays retained for one that keeps none', async (t) => {
  const [before, after] = [new FakeService(), new FakeService()];
  const { old, publish, orders, swap, url } = await serve(t, inMemory(before));
  const next = await startBackend(t, inMemory(after));
  before.halted = { reason: 'news', by: 'Ann', id: 'h1' };
  const { outcome, text } = await swap(next.address);
  assert.deepEqual(
    [outcome, text],
    [
      'done',
      `mine is served at ${next.address}, in place of ${old.address}; it goes on with cash of 7.00 and no position; the stop of ${old.address} (drawdown) is not handed over: limits begin anew; buying stays halted`,
    ],
  );
  await publish(1);
  await until(() => orders.values.length === 1);
  assert.equal(orders.values[0].quantity, 0);
  assert.equal(before.decided.size, 0);
  const reader = await mqtt.connectAsync(url);
  const retained = new Promise((resolve) => reader.on('message', (_, payload) => resolve(JSON.parse(String(payload)))));
  await reader.subscribeAsync('halts/mine');
  assert.equal((await retained).reason, 'news');
  await reader.endAsync();
});

test('the sale of what is held halts nothing any more, where the halt was retained for the old backend', async (t) => {
  const [before, after] = [new FakeService(), new FakeService()];
  const { publish, orders, swap } = await serve(t, inMemory(before));
  const next = await startBackend(t, inMemory(after));
  assert.equal((await swap(next.address, { positions: 'flatten' })).outcome, 'done');
  assert.equal(before.halted?.id, 's0/flatten');
  await publish(1);
  await until(() => orders.values.at(-1)?.side === 'buy');
  assert.equal(orders.values.at(-1).quantity, 1);
  assert.equal(after.halted, null);
});

test('a dead service without a journal is left by force, with its account, which is said', async (t) => {
  const { old, publish, orders, swap } = await serve(t, inMemory(new FakeService()));
  const next = await startBackend(t, inMemory(new FakeService()));
  old.stop();
  const { outcome, text } = await swap(next.address, { force: true });
  assert.equal(outcome, 'done');
  assert.ok(text.includes(`; nothing was handed over, as ${old.address} is dead: ${next.address} has begun with`));
  await publish(1);
  await until(() => orders.values.length === 1);
});

test('what a dead service had in memory can be neither kept nor sold', () => {
  const backend = /** @type {any} */ ({ hasJournal: false });
  const ends = /** @type {any} */ ({ backend, from: 'tcp://a:1', to: 'tcp://b:1' });
  const command = { id: 's1', command: 'swap', channel: 'commands/mine' };
  checkDead(ends, command);
  for (const positions of /** @type {const} */ (['keep', 'flatten'])) {
    assert.throws(() => checkDead(ends, { ...command, positions }), /what it held was in its memory alone/);
  }
});

test('between backends that know of no account nothing is handed over, which is said', async (t) => {
  const { old, publish, orders, swap } = await serve(t, PLAIN);
  const next = await startBackend(t, PLAIN);
  const { outcome, text } = await swap(next.address);
  assert.equal(outcome, 'done');
  assert.ok(
    text.includes(`as ${old.address} has no method "hand_over": ${next.address} has begun with an account of its`),
  );
  await publish(1);
  await until(() => orders.values.length === 1);
});

const { take_over: _, ...takesNothing } = inMemory(new FakeService());
const { hand_over: __, ...givesNothing } = inMemory(new FakeService());

test('a backend that takes no account is swapped to when nothing is held, and the halt is kept for it', async (t) => {
  const service = new FakeService();
  const { swap } = await serve(t, inMemory(service));
  const next = await startBackend(t, takesNothing);
  const refused = await swap(next.address);
  assert.equal(refused.outcome, 'refused');
  assert.match(
    refused.text,
    /has no method "take_over", so that it would not know what mine holds: --positions flatten/,
  );
  const { outcome, text } = await swap(next.address, { positions: 'flatten' });
  assert.equal(outcome, 'done');
  assert.match(text, /has ended with cash of 7.00 and no position, which .* does not know of, as it has no method/);
});

test('the account that is retained is removed where the new backend shows none', async (t) => {
  const { url, swap } = await serve(t, inMemory(new FakeService()));
  const next = await startBackend(t, PLAIN);
  const reader = await mqtt.connectAsync(url);
  /** @type {string[]} */
  const shown = [];
  reader.on('message', (_topic, payload) => shown.push(payload.toString()));
  await reader.subscribeAsync('portfolios/mine');
  await until(() => shown.length > 0);
  assert.equal(JSON.parse(shown[0]).cash, 7);
  assert.equal((await swap(next.address, { positions: 'flatten' })).outcome, 'done');
  await until(() => shown.at(-1) === '');
  await reader.endAsync();
});

/** @type {[string, Record<string, any>, object, RegExp][]} */
const REFUSED = [
  ['it hides what it cannot hand over', givesNothing, {}, /shows an account, and has no method "hand_over"/],
  ['nothing can be kept', PLAIN, { positions: 'keep' }, /no method "hand_over", so that what it holds can be neither/],
  ['nothing can be sold', PLAIN, { positions: 'flatten' }, /no method "hand_over", so that what it holds can be nei/],
  [
    'it takes no flatten',
    inMemory(new FakeService(), { inputs: () => ['quote'] }),
    { positions: 'flatten' },
    /takes no commands, and so no flatten/,
  ],
];
for (const [what, methods, others, reason] of REFUSED) {
  test(`a swap is refused, as ${what}`, async (t) => {
    const { swap } = await serve(t, methods);
    const next = await startBackend(t, inMemory(new FakeService()));
    const { outcome, text } = await swap(next.address, others);
    assert.equal(outcome, 'refused');
    assert.match(text, reason);
  });
}

test('a swap is refused to a service that has decided, that has handed over, or that has the same journal', async (t) => {
  const { old, next, journals, swap, end } = await startTwo(t, await startBroker(t));
  const same = await startHolder(t, journals[0], false);
  const flattened = await swap(same.address, { positions: 'flatten' });
  assert.match(flattened.text, /has the journal of .*: --positions flatten is for a service with another journal/);
  assert.equal((await swap(next.address)).outcome, 'done');
  const back = await swap(old.address);
  assert.match(back.text, /has handed its own account over, and takes none: start a service with a new journal/);
  const other = new FakeJournal();
  other.decided.push('another');
  const third = await startHolder(t, other, true);
  assert.match((await swap(third.address)).text, /has 1 decisions of its own: start it with a new one/);
  await end();
});

/** A running algorithm is handed from one backend to another, and each step may fail. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Swaps } from '../src/route/swaps.js';
import { Deferred } from '../src/support/deferred.js';
import { FakeService, runBridge, startBackend, startBridge, until } from './fake_backend.js';
import { FakeHolder, FakeJournal, startHolder } from './fake_pair.js';
import { BROKERS, keptLog, startBroker } from './helpers.js';
import { connect, lastDuty, once, startPair } from './swapping.js';

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} swaps to and fro decide every quote once, in order`, { skip }, async (t) => {
    const { journal, old, next, swap, records, end } = await startPair(t, await start(t));
    for (let n = 0; n < 20; n++) {
      const [from, to] = n % 2 === 0 ? [old, next] : [next, old];
      const { outcome, text } = await swap(to.address);
      assert.deepEqual([outcome, text], ['done', `mine is served at ${to.address}, in place of ${from.address}`]);
      assert.ok(to.holder.isOpen);
      const assignment = { address: to.address, epoch: n + 1, instead_of: [from.address], id: `s${n}` };
      assert.deepEqual(lastDuty(records), { assignment, swap: undefined });
    }
    assert.equal(journal.epoch, 20);
    await end();
  });
}

/** The calls of a swap: of which backend. */
const CALLS = /** @type {const} */ ([
  ['journal', 'next'],
  ['journal', 'old'],
  ['release', 'old'],
  ['acquire', 'next'],
  ['initialize', 'next'],
]);
for (const [method, which] of CALLS) {
  test(`where ${method} of the ${which} backend fails, the old one goes on`, async (t) => {
    const pair = await startPair(t, await startBroker(t));
    const { old, next, swap, records, end } = pair;
    once(pair[which].holder, method, 'before', () => {
      throw new Error('no room on the disk');
    });
    const { outcome, text } = await swap(next.address);
    assert.equal(outcome, 'refused');
    assert.match(text, /no room on the disk/);
    assert.ok(text.endsWith(`; mine is served at ${old.address} as before`));
    await until(() => old.holder.isOpen);
    await end();
    assert.deepEqual(lastDuty(records), { assignment: undefined, swap: undefined });
    assert.equal((await swap(next.address)).outcome, 'done');
  });

  for (const when of /** @type {const} */ (['before', 'after'])) {
    test(`where the ${which} backend dies ${when} ${method}, one of the two goes on`, async (t) => {
      const pair = await startPair(t, await startBroker(t));
      const { old, next, swap, end } = pair;
      const killed = pair[which];
      once(killed.holder, method, when, () => {
        killed.kill();
        void killed.startAgain();
      });
      const { outcome } = await swap(next.address);
      const serving = outcome === 'done' ? next : old;
      await end();
      assert.ok(serving.holder.isOpen);
      assert.equal((await swap(serving.address)).outcome, 'unchanged');
    });
  }
}

test('a backend that stays dead is left by force alone, with what it was deciding', async (t) => {
  const { old, next, swap, end } = await startPair(t, await startBroker(t));
  once(old.holder, 'events', 'before', () => old.kill());
  await until(() => !old.holder.isOpen);
  const { outcome, text } = await swap(next.address);
  assert.deepEqual([outcome, text.includes('--force swaps away from it')], ['refused', true]);
  assert.equal((await swap(next.address, { force: true })).outcome, 'done');
  await end();
});

test('a backend that stays dead is left by force while a call to it is under way', async (t) => {
  const { old, next, swap, end } = await startPair(t, await startBroker(t));
  once(old.holder, 'release', 'after', () => old.kill());
  assert.equal((await swap(next.address, { force: true })).outcome, 'done');
  await end();
});

test('a bridge that is started again goes to the backend that was swapped to', async (t) => {
  const { url } = await startBroker(t);
  const { journal, old, next, bridge, swap, end, publish, check, records } = await startPair(t, { url });
  await swap(next.address);
  await end(); // the embedded broker keeps no order over a restart of the bridge
  await bridge.stop();
  assert.deepEqual(Object.keys(records.values.at(-1)), ['assignment']); // the claim alone is withdrawn
  for (const isAlive of [true, false]) {
    if (!isAlive) old.kill(); // nothing answers at the address that the bridge was given
    const again = await startBridge(t, url, old.address);
    assert.ok(again.lines.some(({ text }) => text.includes(`${next.address} serves in its place`)));
    await publish(20);
    await check(journal);
    await again.stop();
  }
  assert.ok(next.holder.isOpen);
});

test('a bridge that was given another address since is not sent to the one that was swapped to', async (t) => {
  const { url } = await startBroker(t);
  const { journal, next, bridge, swap, end, publish, check } = await startPair(t, { url });
  await swap(next.address);
  await end();
  await bridge.stop();
  next.kill();
  const third = await startHolder(t, journal, false);
  await startBridge(t, url, third.address);
  assert.ok(third.holder.isOpen);
  await publish(20);
  await check(journal);
});

for (const [what, isOpen] of /** @type {const} */ ([
  ['the new backend has the journal open', 'next'],
  ['the old backend has the journal open', 'old'],
  ['neither has', undefined],
])) {
  test(`a swap that a bridge has left unfinished ends at the next start: ${what}`, async (t) => {
    const { url } = await startBroker(t);
    const journal = new FakeJournal();
    const pair = { old: await startHolder(t, journal, false), next: await startHolder(t, journal, false) };
    if (isOpen) journal.holder = pair[isOpen].holder;
    const { old, next } = pair;
    const client = await connect(t, url);
    const publisher = await mqtt.connectAsync(url);
    const swap = { from: old.address, to: next.address, epoch: 1, id: 's1' };
    await publisher.publishAsync('bridges/mine', JSON.stringify({ swap }), { qos: 1, retain: true });
    await publisher.endAsync();
    await startBridge(t, url, old.address);
    const serving = isOpen === 'next' ? next : old;
    assert.ok(serving.holder.isOpen);
    await until(() => client.records.values.at(-1)?.instance && !client.records.values.at(-1).swap);
    assert.equal(lastDuty(client.records).assignment?.address, isOpen === 'next' ? next.address : undefined);
    await client.publish(20);
    await client.check(journal);
  });
}

test('a bridge that takes over from one that swaps meanwhile serves the same backend', async (t) => {
  const { url } = await startBroker(t);
  const { journal, old, next, swap, bridge, end, publish, check } = await startPair(t, { url });
  bridge.ended.catch(() => {});
  await swap(next.address);
  await end();
  await startBridge(t, url, old.address);
  await assert.rejects(bridge.ended, /this one gives way/);
  await publish(20);
  await check(journal);
  assert.ok(next.holder.isOpen);
});

/** @type {[string, (t: import('node:test').TestContext, journal: FakeJournal) => Promise<string>, RegExp][]} */
const REFUSED = [
  ['nothing answers', async () => 'tcp://127.0.0.1:1', /^the backend at tcp:\/\/127.0.0.1:1 cannot be used: no server/],
  [
    'another algorithm is',
    async (t) => (await startBackend(t, new FakeHolder(new FakeJournal(), 'other').methods())).address,
    /has the name other, not mine: start it with algo-service serve --name mine/,
  ],
  [
    'another journal is',
    async (t) => (await startHolder(t, new FakeJournal(), false)).address,
    /has another journal \(mine.db\) than .* start it with the same --journal, and --standby/,
  ],
];
for (const [what, start, reason] of REFUSED) {
  test(`a swap is refused before anything is done, where ${what}`, async (t) => {
    const { journal, old, swap, records, end } = await startPair(t, await startBroker(t));
    const before = records.values.length;
    const { outcome, text } = await swap(await start(t, journal));
    assert.equal(outcome, 'refused');
    assert.match(text, reason);
    assert.ok(old.holder.isOpen);
    assert.equal(records.values.length, before);
    await end();
  });
}

test('a swap that has expired is not carried out, and the backend never sees one', async (t) => {
  const { old, next, swap, end } = await startPair(t, await startBroker(t));
  const { outcome, text } = await swap(next.address, { expires: '2020-01-01' });
  assert.deepEqual([outcome, text], ['refused', 'swap has expired, at 2020-01-01, and was not carried out']);
  assert.ok(old.holder.isOpen);
  await end();
});

test('swaps that are asked for at once are carried out one after the other', async (t) => {
  const { old, next, swap, end } = await startPair(t, await startBroker(t));
  const replies = await Promise.all([next, old, next, next].map(({ address }) => swap(address)));
  assert.deepEqual(
    replies.map(({ outcome }) => outcome),
    ['done', 'done', 'done', 'unchanged'],
  );
  await end();
});

test('a route beside others is swapped, too', async (t) => {
  const { url } = await startBroker(t);
  const journal = new FakeJournal();
  const [old, next] = [await startHolder(t, journal, true), await startHolder(t, journal, false)];
  const other = await startBackend(t, new FakeService(['quotes'], 'other').methodsWithJournal());
  const configs = [old, other].map(({ address }) => ({ address, params: {} }));
  const { bridge } = runBridge(t, url, configs);
  const { publish, swap, check } = await connect(t, url);
  await until(() => bridge.missing.length === 0);
  await publish(20);
  assert.equal((await swap(next.address)).outcome, 'done');
  await publish(20);
  await check(journal);
});

test('a swap that is asked for before the reply to the one before is confirmed is carried out once', async () => {
  /** @type {string[]} */
  const replied = [];
  const confirmed = new Deferred();
  const reply = (/** @type {string} */ payload) => {
    replied.push(JSON.parse(payload).id);
    return confirmed.promise;
  };
  const parts = /** @type {any} */ ({ backend: { address: 'tcp://a:1' }, placement: { duty: {} } });
  const swaps = new Swaps('mine', parts, reply, keptLog().log);
  const acknowledged = new Set();
  const ask = (/** @type {string} */ id) =>
    swaps.push(
      /** @type {any} */ ({ id, command: 'swap', to: 'tcp://a:1' }),
      /** @type {any} */ ({ acknowledge: () => acknowledged.add(id) }),
    );
  ask('s0');
  await until(() => replied.length === 1);
  ask('s1');
  ask('s0'); // which the broker has sent again
  confirmed.resolve();
  await until(() => acknowledged.has('s1'));
  assert.deepEqual(replied, ['s0', 's1']);
});

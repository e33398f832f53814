import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Publisher } from '../src/mqtt/publisher.js';
import { Claim } from '../src/route/claim.js';
import { until } from './fake_backend.js';
import { BROKERS, brokerAt, Collected, keptLog, startBroker } from './helpers.js';

const TOPIC = 'bridges/mine';
const NOW = Date.UTC(2026, 10, 28, 10);
const HOUR = 3_600_000;

/**
 * @param {import('node:test').TestContext} t
 * @param {{url: string, aedes: import('aedes').Aedes}} broker
 */
async function startClaim(t, { url, aedes }) {
  const publisher = new Publisher(brokerAt(url));
  t.after(() => publisher.stop());
  const claim = new Claim(TOPIC, publisher, randomUUID());
  const superseded = new Collected();
  claim.on('superseded', (other) => superseded.push(other));
  const subscribed = once(aedes, 'subscribe');
  void claim.start();
  publisher.start();
  await subscribed;
  return { claim, superseded, publisher };
}

/** @param {import('aedes').Aedes} aedes */
function claimsAt(aedes) {
  const claims = new Collected();
  aedes.on('publish', ({ topic, payload }) => {
    if (topic === TOPIC) claims.push(JSON.parse(String(payload)));
  });
  return claims;
}

for (const [change, ms] of /** @type {[string, number][]} */ ([
  ['set back by an hour', -HOUR],
  ['set forward by an hour', HOUR],
  ['left alone', 0],
])) {
  test(`a second bridge replaces the first, its clock ${change} meanwhile`, async (t) => {
    const broker = await startBroker(t);
    const claims = claimsAt(broker.aedes);
    t.mock.timers.enable({ apis: ['Date'], now: NOW });
    const first = await startClaim(t, broker);
    await claims.until(1);
    t.mock.timers.setTime(NOW + ms);
    const second = await startClaim(t, broker);
    await first.superseded.until(1);
    await first.publisher.stop();
    // it stays, also when its connection is made again
    const before = claims.values.length;
    broker.cut();
    await until(() => claims.values.length > before && claims.values.at(-1).started > claims.values[0].started);
    assert.deepEqual(second.superseded.values, []);
  });
}

test('a bridge that lost its connection before it had claimed is the newer one all the same', async (t) => {
  const broker = await startBroker(t);
  const claims = claimsAt(broker.aedes);
  t.mock.timers.enable({ apis: ['Date'], now: NOW });
  const first = await startClaim(t, broker);
  await claims.until(1);
  t.mock.timers.setTime(NOW - HOUR);
  // it is cut off before it knows that it is subscribed
  broker.aedes.once('subscribe', () => broker.cut());
  const second = await startClaim(t, broker);
  await first.superseded.until(1);
  assert.deepEqual(second.superseded.values, []);
});

test('of two bridges that claim in the same millisecond one stays', async (t) => {
  const broker = await startBroker(t);
  t.mock.timers.enable({ apis: ['Date'], now: NOW });
  const both = await Promise.all([startClaim(t, broker), startClaim(t, broker)]);
  await until(() => both.some(({ superseded }) => superseded.values.length > 0));
  const [loser] = both.filter(({ superseded }) => superseded.values.length > 0);
  const [winner] = both.filter((each) => each !== loser);
  await until(() => winner.claim.isClaimed);
  const { lines, waiter } = await startWaiting(t, broker.url);
  await until(() => lines.some(({ text }) => text.includes('is claimed by another bridge')));
  assert.deepEqual(winner.superseded.values, []);
  await winner.claim.withdraw();
  await waiter;
});

/**
 * A bridge that waits until the claim is free.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function startWaiting(t, url) {
  const { log, lines } = keptLog();
  const publisher = new Publisher(brokerAt(url, log));
  t.after(() => publisher.stop());
  publisher.start();
  return { lines, waiter: new Claim(TOPIC, publisher, randomUUID()).whenFree(log) };
}

/**
 * A bridge that has claimed, and whose Publisher stands still as long as its backend is away.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function startOwner(t, url) {
  const { log } = keptLog();
  const publisher = new Publisher(brokerAt(url, log), () => new Promise(() => {}));
  t.after(() => publisher.stop());
  publisher.start();
  const claim = new Claim(TOPIC, publisher, randomUUID());
  await claim.start();
  return { claim, kill: () => publisher.stop() };
}

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} a bridge that waits asks, and waits on while the owner answers`, { skip }, async (t) => {
    const { url } = await start(t);
    const { claim } = await startOwner(t, url);
    const watcher = await mqtt.connectAsync(url);
    t.after(() => watcher.endAsync());
    const seen = new Collected();
    watcher.on('message', (_, payload, { retain }) => {
      if (!retain) seen.push(payload.toString());
    });
    await watcher.subscribeAsync(TOPIC, { qos: 1 });
    let isFree = false;
    const { waiter } = await startWaiting(t, url);
    void waiter.then(() => {
      isFree = true;
    });
    await seen.until(6); // three questions, and their answers
    assert.ok(seen.values.filter((payload) => 'asks' in JSON.parse(payload)).length >= 2);
    assert.ok(seen.values.filter((payload) => 'started' in JSON.parse(payload)).length >= 2);
    assert.equal(isFree, false);
    await claim.withdraw();
    await waiter;
  });
}

test('what a bridge retains does not count once another one has claimed, also if the broker confirms it', async (t) => {
  const broker = await startBroker(t);
  const first = await startClaim(t, broker);
  await until(() => first.claim.isClaimed);
  /** @type {(() => void) | undefined} */
  let confirm;
  broker.aedes.authorizePublish = (_client, _packet, done) => {
    if (confirm) done();
    else confirm = done;
  };
  const noted = first.claim.note({});
  await until(() => confirm);
  await startClaim(t, broker);
  await first.superseded.until(1);
  confirm?.();
  await assert.rejects(noted, /another bridge serves the algorithm now/);
});

test('the claim of a bridge that was killed is free once it has not answered', async (t) => {
  await Promise.all(
    BROKERS.filter(([, , skip]) => !skip).map(async ([, start]) => {
      const { url } = await start(t);
      const { kill } = await startOwner(t, url);
      await kill();
      const { waiter, lines } = await startWaiting(t, url);
      await waiter;
      assert.match(
        lines.at(-1)?.text ?? '',
        /^the bridge that claims bridges\/mine does not answer \(.*, process \d+\)/,
      );
    }),
  );
});

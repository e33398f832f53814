import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';

import { Publisher } from '../src/mqtt/publisher.js';
import { Claim } from '../src/route/claim.js';
import { until } from './fake_backend.js';
import { brokerAt, Collected, startBroker } from './helpers.js';

const TOPIC = 'bridges/mine';
const NOW = Date.UTC(2026, 10, 28, 10);
const HOUR = 3_600_000;

/**
 * @param {import('node:test').TestContext} t
 * @param {{url: string, aedes: import('aedes').Aedes}} broker
 * @param {() => Promise<void>} [recover]  awaited before the claim is published
 */
async function startClaim(t, { url, aedes }, recover) {
  const publisher = new Publisher(brokerAt(url), recover);
  t.after(() => publisher.stop());
  const claim = new Claim(TOPIC, publisher, randomUUID());
  const superseded = new Collected();
  claim.on('superseded', (other) => superseded.push(other));
  const subscribed = once(aedes, 'subscribe');
  claim.start();
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
  /** @type {() => void} */
  let admit = () => {};
  const admitted = new Promise((resolve) => {
    admit = () => resolve(undefined);
  });
  const second = await startClaim(t, broker, () => admitted);
  const again = once(broker.aedes, 'subscribe');
  broker.cut();
  await again;
  admit();
  await first.superseded.until(1);
  assert.deepEqual(second.superseded.values, []);
});

/** Several algorithms in one bridge. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { isQuestion } from '../src/messages/claim.js';
import { FakeService, PLAIN, runBridge, startBackend, until } from './fake_backend.js';
import { BROKERS, Collected, startBroker } from './helpers.js';

/** What makes a quote large. */
const NOTE = 'x'.repeat(3000);

/**
 * A client that publishes quotes, and keeps the orders by algorithm and the claims.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function connect(t, url) {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  /** @type {Map<string, Collected>} */
  const orders = new Map();
  const claims = new Collected();
  /** @param {string} algo */
  const ordersOf = (algo) => {
    if (!orders.has(algo)) orders.set(algo, new Collected());
    return /** @type {Collected} */ (orders.get(algo));
  };
  client.on('message', (topic, payload) => {
    const [kind, algo] = topic.split('/');
    if (kind === 'bridges') {
      if (!isQuestion(payload)) claims.push(payload.toString()); // a bridge that waits asks at any time
    } else ordersOf(algo).push(JSON.parse(payload.toString()));
  });
  await client.subscribeAsync(['orders/+', 'bridges/+'], { qos: 1 });
  let count = 0;
  /** @param {number} quotes */
  const publish = async (quotes) => {
    for (let n = 0; n < quotes; n++) {
      await client.publishAsync('quotes', JSON.stringify({ sid: 'GOOG', quote: 345, id: String(count++) }), { qos: 1 });
    }
  };
  /** @param {number} quotes  fifty in a message of 150 KB */
  const flood = async (quotes) => {
    for (let n = 0; n < quotes / 50; n++) {
      const batch = Array.from({ length: 50 }, () => ({ sid: 'GOOG', quote: 345, id: String(count++), note: NOTE }));
      await client.publishAsync('quotes', JSON.stringify(batch), { qos: 1 });
    }
  };
  return { publish, flood, ordersOf, claims };
}

/** @param {string[]} addresses */
const configs = (...addresses) => addresses.map((address) => ({ address, params: {} }));

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} each route decides every quote, and a stop ends all of them`, { skip }, async (t) => {
    const { url } = await start(t);
    const services = ['a', 'b', 'c'].map((algo) => new FakeService(['quotes'], algo));
    const backends = await Promise.all(services.map((service) => startBackend(t, service.methodsWithJournal())));
    const { bridge, stop, ended } = runBridge(t, url, configs(...backends.map(({ address }) => address)));
    const { publish, ordersOf, claims } = await connect(t, url);
    await until(() => bridge.missing.length === 0);
    await publish(50);
    for (const algo of ['a', 'b', 'c']) {
      assert.equal(new Set((await ordersOf(algo).until(50)).map(({ id }) => id)).size, 50);
    }
    await stop();
    await ended;
    await claims.until(6); // each is claimed and withdrawn
    assert.deepEqual(claims.values.slice(3), ['', '', '']);
  });
}

// the embedded broker waits for a subscriber that does not read, and all others with it
const [, [, startMosquitto, skip]] = BROKERS;

test('a backend that blocks under a flood slows no other route, and loses nothing', { skip }, async (t) => {
  const { url } = await startMosquitto(t);
  const services = Array.from({ length: 10 }, (_, n) => new FakeService(['quotes'], `a${n}`));
  const backends = await Promise.all(services.map((service) => startBackend(t, service.methodsWithJournal())));
  const { bridge } = runBridge(t, url, configs(...backends.map(({ address }) => address)));
  const { flood } = await connect(t, url);
  await until(() => bridge.missing.length === 0);
  const [slow, ...others] = services;
  /** @type {(value?: unknown) => void} */
  let open = () => {};
  slow.gate = new Promise((resolve) => {
    open = resolve;
  });
  const count = 7000; // more bytes than all routes together may hold
  await flood(count);
  await until(() => others.every(({ decided }) => decided.size === count));
  assert.equal(slow.decided.size, 0);
  open();
  await until(() => slow.decided.size === count);
});

test('a route that fails is reported and tried again, while the other goes on', async (t) => {
  const { url } = await startBroker(t);
  const good = await startBackend(t, new FakeService(['quotes'], 'good').methodsWithJournal());
  const service = new FakeService(['quotes'], 'bad');
  let refusals = 0;
  let refuses = true;
  const bad = await startBackend(t, {
    ...service.methodsWithJournal(),
    initialize: () => {
      if (!refuses) return ['quotes'];
      refusals += 1;
      throw new Error('the file of the model is not there');
    },
  });
  const { bridge, lines } = runBridge(t, url, configs(bad.address, good.address));
  const { publish, ordersOf } = await connect(t, url);
  const why = `the backend at ${bad.address} refuses to initialize: Error: the file of the model is not there`;
  await until(() => refusals >= 3 && bridge.missing.length === 1);
  assert.deepEqual(bridge.missing, [why]);
  await publish(20);
  await ordersOf('good').until(20);
  refuses = false;
  await until(() => bridge.missing.length === 0);
  await publish(20);
  await ordersOf('bad').until(20);
  await ordersOf('good').until(40);
  const reported = lines.filter(({ level }) => level === 'error').map(({ text }) => text);
  assert.deepEqual(reported, [`${why}; trying again with growing delays`]);
});

test('the only route that fails ends the bridge', async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, { initialize: () => [], event: () => null });
  await assert.rejects(runBridge(t, url, configs(address)).ended, /initialize returned \[\]/);
});

test('of two backends with one name the second is refused, and used once it has a name of its own', async (t) => {
  const { url } = await startBroker(t);
  const [first, second] = [new FakeService(['quotes'], 'twin'), new FakeService(['quotes'], 'twin')];
  const backends = [
    await startBackend(t, first.methodsWithJournal()),
    await startBackend(t, { ...second.methodsWithJournal(), initialize: () => opened.then(() => ['quotes']) }),
  ];
  /** @type {(value?: unknown) => void} */
  let open = () => {};
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  const addresses = backends.map(({ address }) => address);
  const { bridge } = runBridge(t, url, configs(...addresses));
  const { publish, ordersOf } = await connect(t, url);
  await until(() => bridge.missing.length === 1);
  open();
  const refused = `the backends at ${addresses[0]} and ${addresses[1]} have one name, twin, and only the first is used. A second service`;
  await until(() => bridge.missing[0]?.startsWith(refused));
  await publish(10);
  await ordersOf('twin').until(10);
  assert.deepEqual(second.calls.values, []);
  second.name = 'own';
  await until(() => bridge.missing.length === 0);
  await publish(10);
  await ordersOf('own').until(10);
  assert.equal((await ordersOf('twin').until(20)).length, 20);
});

test('a route gives way to another bridge, and serves again once that has ended', async (t) => {
  const { url } = await startBroker(t);
  const shared = new FakeService(['quotes'], 'shared');
  const alone = new FakeService(['quotes'], 'alone');
  const backends = [
    await startBackend(t, shared.methodsWithJournal()),
    await startBackend(t, alone.methodsWithJournal()),
  ];
  const older = runBridge(t, url, configs(...backends.map(({ address }) => address)));
  const { publish, ordersOf, claims } = await connect(t, url);
  await until(() => older.bridge.missing.length === 0);
  const newer = runBridge(t, url, configs(backends[0].address));
  await until(() => older.lines.some(({ text }) => text.startsWith('bridges/shared is claimed by another bridge')));
  await until(() => newer.bridge.missing.length === 0);
  assert.match(older.bridge.missing.join('\n'), /^backend tcp:\S+: another bridge for shared has started \(.*\)/);
  await publish(10);
  assert.equal((await ordersOf('alone').until(10)).length, 10);
  assert.equal((await ordersOf('shared').until(10)).length, 10);
  assert.deepEqual(newer.bridge.missing, []);
  const before = claims.values.length;
  await newer.stop();
  await newer.ended;
  await until(() => older.bridge.missing.length === 0);
  assert.ok(claims.values.slice(before).includes('')); // beside answers to who asks whether it lives
  await publish(10);
  await ordersOf('shared').until(20);
});

test('what the routes lack has a line for each, and the broker one for all', async (t) => {
  const broker = await startBroker(t);
  const there = await startBackend(t, PLAIN);
  const { address: gone, stop } = await startBackend(t, PLAIN);
  await stop();
  const { bridge } = runBridge(t, broker.url, configs(gone, there.address));
  await until(() => bridge.missing.length === 1 && bridge.missing[0].startsWith(`backend ${gone}: no server answered`));
  await broker.takeAway();
  await until(() => bridge.missing.length === 2 && bridge.missing[0].includes('ECONNREFUSED'));
  assert.ok(bridge.missing[0].startsWith(`broker ${broker.url}: `));
  assert.ok(bridge.missing[1].startsWith(`backend ${gone}: `));
  await there.stop();
  await until(() => bridge.missing.length === 3);
  assert.ok(bridge.missing[2].startsWith(`backend ${there.address}: `));
});

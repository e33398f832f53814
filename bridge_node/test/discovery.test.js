/** Algorithms that are announced come and go. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { Announcements } from '../src/discovery/announcements.js';
import { Discovery } from '../src/discovery/discovery.js';
import { connect, discover, idsOf, sorted, startService, upTo } from './announcing.js';
import { FakeService, startBackend, until } from './fake_backend.js';
import { BROKERS, brokerAt, keptLog, startBroker } from './helpers.js';

for (const [name, start, skip] of BROKERS) {
  test(
    `with ${name} an algorithm that is announced is served, and its quotes wait while it is offline`,
    { skip },
    async (t) => {
      const { url } = await start(t);
      const { bridge } = discover(t, url);
      const { announce, publish, on } = await connect(t, url);
      await until(() => bridge.missing[0] === 'no algorithm is announced on algos/+');
      const [a, b] = [await startService(t, 'a'), await startService(t, 'b')];
      await announce('a', a.address);
      await until(() => bridge.missing.length === 0);
      await publish(20);
      await until(() => a.service.decided.size === 20);
      await announce('b', b.address);
      await on('bridges/b').until(1);
      await until(() => bridge.missing.length === 0);
      await announce('a', a.address, { state: 'offline' });
      await until(() => on('bridges/a').values.at(-1) === '');
      await publish(20);
      await until(() => b.service.decided.size === 20);
      assert.equal(a.service.decided.size, 20);
      await announce('a', a.address);
      await until(() => a.service.decided.size === 40);
      assert.deepEqual(sorted(idsOf(a.service)), upTo(40));
    },
  );

  test(
    `with ${name} an algorithm that moves is served at its new address, and nothing is decided twice`,
    { skip },
    async (t) => {
      const { url } = await start(t);
      const { bridge } = discover(t, url);
      const { announce, publish, on } = await connect(t, url);
      const service = new FakeService(['quotes'], 'a');
      const first = await startBackend(t, service.methodsWithJournal());
      const second = await startBackend(t, service.methodsWithJournal());
      await announce('a', first.address);
      await until(() => bridge.missing.length === 0);
      await publish(10);
      await until(() => service.decided.size === 10);
      await announce('a', second.address);
      await publish(10);
      await until(() => service.decided.size === 20);
      await first.stop();
      await publish(10);
      await until(() => service.decided.size === 30);
      assert.deepEqual(sorted(idsOf(service)), upTo(30));
      assert.equal(new Set((await on('orders/a').until(30)).map((order) => JSON.parse(order).id)).size, 30);
    },
  );

  test(`with ${name} what is forgotten ends, and its sessions and its claim are removed`, { skip }, async (t) => {
    const { url } = await start(t);
    const { bridge } = discover(t, url);
    const { announce, publish, on, retain } = await connect(t, url);
    const { service, address } = await startService(t, 'a');
    await announce('a', address);
    await until(() => bridge.missing.length === 0);
    await publish(10);
    await until(() => service.decided.size === 10);
    await retain('algos/a', '');
    await until(() => bridge.missing[0] === 'no algorithm is announced on algos/+');
    await until(() => on('bridges/a').values.at(-1) === '');
    await publish(10);
    await announce('a', address);
    await until(() => bridge.missing.length === 0);
    await publish(1);
    await until(() => service.decided.size === 11);
    assert.ok(!idsOf(service).includes(15));
  });
}

test('a hostile record is reported once and ignored, and stops nothing', async (t) => {
  const { url } = await startBroker(t);
  const { bridge, lines } = discover(t, url);
  const { announce, publish, retain } = await connect(t, url);
  const { service, address } = await startService(t, 'a');
  await announce('a', address);
  await until(() => bridge.missing.length === 0);
  for (let twice = 0; twice < 2; twice++) {
    await announce('a', 'file:///etc/passwd');
    await announce('a', 'tcp://127.0.0.1:4242', { name: 'b' });
    await announce('c', address, { name: 'x'.repeat(10_000) });
    await retain('algos/d', '{"name": ["d"]');
    await retain('algos/50%', '{}');
    await retain('algos/e', Buffer.alloc(100_000, 7));
  }
  await publish(10);
  await until(() => service.decided.size === 10);
  const ignored = lines.filter(({ text }) => text.startsWith('ignored ')).map(({ text }) => text);
  assert.deepEqual(bridge.missing, []);
  assert.equal(ignored.length, 6, ignored.join('\n'));
  assert.match(
    ignored[0],
    /^ignored what is announced on algos\/a: "address" is "file:\/\/\/etc\/passwd": expected an/,
  );
  assert.match(ignored[1], /^ignored what is announced on algos\/a: "name" is "b", which is not that of its topic$/);
  assert.match(ignored[4], /algos\/50%: its last level stands for no name$/);
  for (const line of ignored) assert.ok(line.length < 250, line);
});

test('a backend that has another name than its record is not used', async (t) => {
  const { url } = await startBroker(t);
  const { bridge, lines } = discover(t, url);
  const { announce, publish } = await connect(t, url);
  const { service, address } = await startService(t, 'other');
  await announce('mine', address);
  const why = `the backend at ${address} is other, and is announced as mine: nothing of mine is decided there`;
  await until(() => bridge.missing[0] === why);
  await publish(5);
  await announce('other', address);
  await until(() => bridge.missing.length === 0);
  await publish(5);
  await until(() => service.decided.size === 5);
  assert.deepEqual(idsOf(service), [5, 6, 7, 8, 9]);
  const errors = lines.filter(({ level }) => level === 'error').map(({ text }) => text);
  assert.deepEqual(errors, [`${why}; trying again with growing delays`]);
});

test('a will ends no route whose backend answers, and parks one whose backend is silent', async (t) => {
  const { url } = await startBroker(t);
  const { bridge, lines } = discover(t, url);
  const { announce, publish } = await connect(t, url);
  const service = new FakeService(['quotes'], 'a');
  const { address, stop } = await startBackend(t, service.methodsWithJournal());
  await announce('a', address, { instance: 'one' });
  await until(() => bridge.missing.length === 0);
  await announce('a', address, { instance: 'one', state: 'lost' });
  await publish(5);
  await until(() => service.decided.size === 5);
  assert.deepEqual(bridge.missing, []);
  await stop();
  await until(() => bridge.missing.length > 0);
  await announce('a', address, { instance: 'one', state: 'lost' });
  await until(() => lines.some(({ text }) => text === 'the quotes of a wait at the broker until its backend answers'));
  await publish(5);
  await startBackend(t, service.methodsWithJournal(), address);
  await until(() => service.decided.size === 10);
});

test('the late will of an instance before this one changes nothing', async (t) => {
  const { url } = await startBroker(t);
  const { bridge, lines } = discover(t, url);
  const { announce, publish, on } = await connect(t, url);
  const { service, address } = await startService(t, 'a');
  await announce('a', address, { instance: 'two' });
  await until(() => bridge.missing.length === 0);
  await on('bridges/a').until(1);
  await announce('a', 'tcp://127.0.0.1:1', { instance: 'one', state: 'lost' });
  await announce('a', 'tcp://127.0.0.1:1', { instance: 'one', state: 'offline' });
  await publish(10);
  await until(() => service.decided.size === 10);
  assert.deepEqual(bridge.missing, []);
  assert.equal(on('bridges/a').values.filter((claim) => claim === '').length, 0);
  assert.deepEqual(
    lines.filter(({ level }) => level !== 'info' && level !== 'debug'),
    [],
  );
});

test('an algorithm that is away does not keep the bridge from being ready for the others', async (t) => {
  const { url } = await startBroker(t);
  const { announce } = await connect(t, url);
  const gone = await startService(t, 'gone');
  await gone.stop();
  await announce('gone', gone.address);
  const { bridge } = discover(t, url);
  await until(() => bridge.missing[0]?.startsWith(`backend ${gone.address}: no server answered`));
  const { address } = await startService(t, 'here');
  await announce('here', address);
  await until(() => bridge.missing.length === 0);
  await announce('here', address, { state: 'offline' });
  await until(() => bridge.missing[0]?.startsWith(`backend ${gone.address}: `));
  await announce('gone', gone.address, { state: 'offline' });
  await until(() => bridge.missing[0] === 'every algorithm on algos/+ is offline');
});

test('an address that leads nowhere, or to something else, stops nothing', async (t) => {
  const broker = await startBroker(t);
  const { bridge, lines } = discover(t, broker.url);
  const { announce, publish } = await connect(t, broker.url);
  const nowhere = ['tcp://[:::]:4242', 'tcp://a..b:1', 'tcp://-:65535', `tcp://${'x'.repeat(245)}:1`];
  const other = broker.url.replace('mqtt:', 'tcp:');
  for (const [n, address] of [...nowhere, other].entries()) await announce(`wrong${n}`, address);
  const { service, address } = await startService(t, 'a');
  await announce('a', address);
  // the five are missing also while the record of the sixth has not come yet
  await until(() => lines.some(({ text }) => text === `backend ${address} is ready`));
  await until(() => bridge.missing.length === 5);
  await publish(10);
  await until(() => service.decided.size === 10);
});

test('a bridge that is stopped while it forgets an algorithm, and its broker is away, ends', async (t) => {
  const broker = await startBroker(t);
  const { bridge, stop, ended } = discover(t, broker.url);
  const { announce, retain } = await connect(t, broker.url);
  const { address } = await startService(t, 'a');
  await announce('a', address);
  await until(() => bridge.missing.length === 0);
  broker.aedes.on('publish', (packet) => {
    if (packet.topic === 'bridges/a' && packet.payload.length === 0) void broker.takeAway();
  });
  await retain('algos/a', '');
  await until(() => bridge.missing[0]?.startsWith('broker '));
  await stop();
  await ended;
});

test('a record that comes while the bridge stops begins no route', async (t) => {
  const broker = await startBroker(t);
  const { announce } = await connect(t, broker.url);
  const acknowledged = once(broker.aedes, 'ack');
  const { stop } = Announcements.prototype;
  // its end takes a while, where the broker has not confirmed the subscription
  t.mock.method(
    Announcements.prototype,
    'stop',
    /** @this {Announcements} */ async function () {
      await announce('a', 'tcp://127.0.0.1:1');
      await acknowledged;
      return stop.call(this);
    },
  );
  /** @type {string[]} */
  const made = [];
  const discovery = new Discovery(brokerAt(broker.url, keptLog().log), (name) => {
    made.push(name);
    return /** @type {any} */ ({ run: async () => {}, stop: () => {} });
  });
  const ended = discovery.run();
  await until(() => discovery.missing[0] === 'no algorithm is announced on algos/+');
  discovery.stop();
  await ended;
  assert.deepEqual(made, []);
});

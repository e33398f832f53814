import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Subscriber } from '../src/mqtt/subscriber.js';
import { MemoryBudget } from '../src/support/memory_budget.js';
import { brokerAt, BROKERS, Collected, keptLog, startBroker } from './helpers.js';

/**
 * @param {import('node:test').TestContext} t
 * @param {{url: string}} broker
 */
async function subscribe(t, { url }) {
  const received = new Collected();
  const ready = new Collected();
  const { log, lines } = keptLog();
  const subscriber = new Subscriber(
    brokerAt(url, log),
    'bridge',
    {
      receive: (message) => received.push(message),
      resumed: () => ready.push('resumed'),
      taken: () => {},
    },
    new MemoryBudget().share(),
  );
  subscriber.start(['quotes/#']);
  t.after(() => subscriber.stop());
  while (!subscriber.ready) await new Promise((resolve) => setImmediate(resolve));
  return { subscriber, received, resumed: ready, lines };
}

/**
 * @param {string} url
 * @param {number} from
 * @param {number} to
 */
async function publish(url, from, to) {
  const client = await mqtt.connectAsync(url);
  for (let n = from; n < to; n++) await client.publishAsync('quotes/goog', String(n), { qos: 1 });
  await client.endAsync();
}

/** @param {{payload: Buffer}[]} messages */
const numbers = (messages) => messages.map(({ payload }) => Number(payload));

test('hundreds of quotes are unacknowledged at once; acknowledgements keep their order', async (t) => {
  const broker = await startBroker(t);
  const { received } = await subscribe(t, broker);
  const acknowledged = new Collected();
  broker.aedes.on('ack', (/** @type {any} */ packet, /** @type {any} */ client) => {
    if (client.id === 'bridge') acknowledged.push(Number(packet.payload));
  });
  await publish(broker.url, 0, 300);
  const messages = await received.until(300);
  assert.deepEqual(acknowledged.values, []);
  for (const message of messages.slice(100).reverse()) message.acknowledge();
  for (const message of messages.slice(0, 100)) message.acknowledge();
  assert.deepEqual(
    await acknowledged.until(300),
    Array.from({ length: 300 }, (_, n) => n),
  );
});

for (const [name, start, skip] of BROKERS) {
  test(
    `of 300 quotes at once, those that were not acknowledged wait in the session at ${name}`,
    { skip },
    async (t) => {
      const broker = await start(t);
      const first = await subscribe(t, broker);
      await publish(broker.url, 0, 300);
      const messages = await first.received.until(300);
      // in any order: they leave in the order of receipt, so that 150 is held back by 100
      for (const message of [...messages.slice(0, 100).reverse(), messages[150]]) message.acknowledge();
      await first.subscriber.stop();
      const second = await subscribe(t, broker);
      assert.deepEqual(
        numbers(await second.received.until(200)),
        Array.from({ length: 200 }, (_, n) => n + 100),
      );
    },
  );
}

test('what was not acknowledged comes again after a reconnect, and nothing else does', async (t) => {
  const broker = await startBroker(t);
  const { received, resumed } = await subscribe(t, broker);
  const acknowledged = new Collected();
  broker.aedes.on('ack', (/** @type {any} */ packet) => acknowledged.push(packet));
  await publish(broker.url, 0, 10);
  for (const message of (await received.until(10)).slice(0, 4)) message.acknowledge();
  await acknowledged.until(4);
  broker.cut();
  assert.deepEqual(numbers((await received.until(16)).slice(10)), [4, 5, 6, 7, 8, 9]);
  assert.deepEqual(resumed.values, ['resumed']);
});

test('an acknowledgement that was held over a reconnect is dropped with its connection', async (t) => {
  const broker = await startBroker(t);
  const { received } = await subscribe(t, broker);
  const acknowledged = new Collected();
  broker.aedes.on('ack', (/** @type {any} */ packet) => acknowledged.push(Number(packet.payload)));
  await publish(broker.url, 0, 3);
  const old = [...(await received.until(3))];
  broker.cut();
  const again = (await received.until(6)).slice(3);
  for (const message of old) message.acknowledge();
  again[0].acknowledge();
  assert.deepEqual(await acknowledged.until(1), [0]);
  broker.cut();
  assert.deepEqual(numbers((await received.until(8)).slice(6)), [1, 2]);
});

test('retained messages and topics of an earlier run are acknowledged and dropped', async (t) => {
  const broker = await startBroker(t);
  const client = await mqtt.connectAsync(broker.url);
  await client.publishAsync('quotes/old', '1', { qos: 1, retain: true });
  const { subscriber, received, lines } = await subscribe(t, broker);
  await client.publishAsync('quotes/goog', '2', { qos: 1 });
  assert.deepEqual(numbers(await received.until(1)), [2]);
  assert.match(lines.find(({ text }) => text.startsWith('dropped'))?.text ?? '', /retained/);
  subscriber.change(['other']);
  while (!subscriber.ready) await new Promise((resolve) => setImmediate(resolve));
  await client.publishAsync('other', '3', { qos: 1 });
  assert.deepEqual(numbers(await received.until(2)), [2, 3]);
  await client.endAsync();
});

test('other channels are subscribed to before those that go: what both match is never without a subscription', async (t) => {
  const broker = await startBroker(t);
  /** @type {string[]} */
  const seen = [];
  broker.aedes.on('subscribe', (subscriptions) => seen.push(...subscriptions.map(({ topic }) => `+${topic}`)));
  broker.aedes.on('unsubscribe', (topics) => seen.push(...topics.map((topic) => `-${topic}`)));
  const { subscriber } = await subscribe(t, broker);
  const [before] = seen.splice(0);
  subscriber.change(['quotes/goog', 'other']);
  while (seen.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, ['+quotes/goog', '+other', before.replace('+', '-')]);
});

test('reading stops while more than a thousand messages wait, and continues after', async (t) => {
  const broker = await startBroker(t);
  const { subscriber, received } = await subscribe(t, broker);
  let waiting = 0;
  received.on('value', () => subscriber.setWaiting(++waiting, 0));
  await publish(broker.url, 0, 1500);
  await received.until(1001);
  const taken = received.values.length; // with what the same read brought
  assert.ok(taken < 1250, `${taken} were read`);
  // the broker has sent 1,500 and every one of them could have been read by now
  await publish(broker.url, 1500, 1501);
  assert.equal(received.values.length, taken);
  waiting = 0;
  subscriber.setWaiting(0, 0);
  for (const message of received.values) message.acknowledge();
  assert.deepEqual(
    numbers(await received.until(1501)),
    Array.from({ length: 1501 }, (_, n) => n),
  );
});

test('reading stops while more than 16 MiB wait, however few the messages', async (t) => {
  const broker = await startBroker(t);
  const { subscriber, received } = await subscribe(t, broker);
  let bytes = 0;
  received.on('value', () => {
    bytes += 1024 * 1024;
    subscriber.setWaiting(received.values.length, bytes);
  });
  const client = await mqtt.connectAsync(broker.url);
  const published = [];
  for (let n = 0; n < 30; n++)
    published.push(client.publishAsync('quotes/goog', Buffer.alloc(1024 * 1024), { qos: 1 }));
  await Promise.all(published);
  await received.until(17);
  await client.publishAsync('elsewhere', '', { qos: 1 });
  assert.equal(received.values.length, 17);
  bytes = -Infinity;
  subscriber.setWaiting(0, 0);
  await received.until(30);
  await client.endAsync();
});

test('a subscriber whose reading is paused can be stopped', async (t) => {
  const broker = await startBroker(t);
  const { subscriber, received } = await subscribe(t, broker);
  received.on('value', () => subscriber.setWaiting(received.values.length, 0));
  await publish(broker.url, 0, 3000);
  await received.until(1001);
  const taken = received.values.length;
  await subscriber.stop();
  assert.equal(received.values.length, taken);
});

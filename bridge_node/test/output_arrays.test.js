/** Orders and fills that are due together, as arrays: bridge-node --batch-outputs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { LIMITS } from '../src/messages/limits.js';
import { joinOutputs } from '../src/route/output_arrays.js';
import { tidyVariables } from '../src/variables.js';
import { FakeService, startBackend, startBridge } from './fake_backend.js';
import { BROKERS, Collected, startBroker } from './helpers.js';

const TOPICS = { orders: 'orders/a', fills: 'fills/a', replies: 'replies/a' };
const ORDER = { topic: TOPICS.orders, payload: '{"o":1}' };
const FILL = { topic: TOPICS.fills, payload: Buffer.from('{"f":"é"}') };
const REPLY = { topic: TOPICS.replies, payload: '{}' };
const DATA = { topic: 'data/a/signal', payload: '{"d":1}' };

/**
 * @param {import('../src/mqtt/publisher.js').Publication[]} publications
 * @param {number} [maxBytes]  that the broker accepts
 */
const join = (publications, maxBytes = Infinity) =>
  joinOutputs(publications, TOPICS, { maxPayloadBytes: () => maxBytes }).map(({ topic, payload }) => [
    topic,
    payload.toString(),
  ]);

test('orders are one array and fills another, in their order, orders first', () => {
  const second = { ...ORDER, payload: '{"o":2}' };
  assert.deepEqual(join([ORDER, FILL, second, FILL]), [
    ['orders/a', '[{"o":1},{"o":2}]'],
    ['fills/a', '[{"f":"é"},{"f":"é"}]'],
  ]);
  assert.deepEqual(join([FILL]), [['fills/a', '[{"f":"é"}]']]);
  assert.deepEqual(join([]), []);
});

test('data does not divide the arrays', () => {
  const found = join([ORDER, DATA, ORDER, FILL, DATA]).map(([topic]) => topic);
  assert.deepEqual(found, [DATA.topic, DATA.topic, TOPICS.orders, TOPICS.fills]);
});

test('a reply comes after the orders and fills before it', () => {
  assert.deepEqual(join([ORDER, FILL, REPLY, ORDER]), [
    ['orders/a', '[{"o":1}]'],
    ['fills/a', '[{"f":"é"}]'],
    ['replies/a', '{}'],
    ['orders/a', '[{"o":1}]'],
  ]);
});

test('an array has at most 1,000 elements', () => {
  const lengths = join(Array.from({ length: 2001 }, () => ORDER)).map(([, payload]) => JSON.parse(payload).length);
  assert.deepEqual(lengths, [LIMITS.outputs, LIMITS.outputs, 1]);
});

test('an array is no larger than the contract and the broker allow, and as large as that', () => {
  const large = { ...ORDER, payload: JSON.stringify('x'.repeat(LIMITS.bytes / 4 - 2 - 2)) }; // 4 of them and a comma fit
  const sizes = join([large, large, large, large, large]).map(([, payload]) => JSON.parse(payload).length);
  assert.deepEqual(sizes, [4, 1]);
  const two = '[{"o":1},{"o":1}]';
  assert.deepEqual(join([ORDER, ORDER, ORDER], two.length), [
    ['orders/a', two],
    ['orders/a', '[{"o":1}]'],
  ]);
  // what is too large by itself is published by itself: the Publisher reports it
  assert.equal(join([ORDER, ORDER, ORDER], two.length - 1).length, 3);
  assert.equal(join([ORDER, ORDER], 1).length, 2);
});

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} the orders of one call are one array, also of one`, { skip }, async (t) => {
    const { url } = await start(t);
    const service = new FakeService();
    const { address } = await startBackend(t, service.methods());
    await startBridge(t, url, address, { batchOutputs: true });
    const seen = await ordersAt(t, url);
    await seen.publish(1);
    await seen.arrays.until(1);
    await seen.publish(3);
    assert.deepEqual(await seen.arrays.until(2), [['0'], ['1', '2', '3']]);
  });
}

test('quotes are acknowledged when the broker has confirmed the array of their orders', async (t) => {
  const { url, aedes } = await startBroker(t);
  const { address } = await startBackend(t, new FakeService().methods());
  await startBridge(t, url, address, { batchOutputs: true });
  const seen = await ordersAt(t, url);
  /** @type {string[]} */
  const events = [];
  const acknowledged = new Collected();
  aedes.authorizePublish = (client, { topic }, callback) => {
    if (!client?.id.startsWith('tickwire-publisher-') || topic !== 'orders/mine') return callback(null);
    setTimeout(() => {
      events.push('confirmed');
      callback(null);
    }, 50);
  };
  aedes.on('ack', (_packet, client) => {
    if (client.id !== 'tickwire-bridge-mine') return;
    events.push('acknowledged');
    acknowledged.push(true);
  });
  await seen.publish(2);
  await acknowledged.until(1);
  assert.deepEqual(events, ['confirmed', 'acknowledged']);
});

test('what is published again after a reconnect is arrays, too', async (t) => {
  const broker = await startBroker(t);
  const service = new FakeService();
  const kept = ['7', '8'].map((id) => JSON.stringify({ id }));
  const page = [{ seq: 1, orders: kept, fills: kept }];
  const methods = {
    ...service.methodsWithJournal(),
    orders_since: (/** @type {number} */ _, after = 0) => (after ? [] : page),
  };
  const { address } = await startBackend(t, methods);
  const published = new Collected();
  broker.aedes.on('publish', ({ topic, payload }) => {
    if (/^(orders|fills)\//.test(topic)) published.push([topic, payload.toString()]);
  });
  await startBridge(t, broker.url, address, { batchOutputs: true });
  assert.deepEqual(await published.until(2), [
    ['orders/mine', `[${kept}]`],
    ['fills/mine', `[${kept}]`],
  ]);
});

test('a variable of a switch is yes or no', () => {
  const of = (/** @type {string} */ value) => {
    const env = { BRIDGE_BATCH_OUTPUTS: value, BRIDGE_NAME: '', OTHER: '' };
    tidyVariables(env);
    assert.deepEqual(Object.keys(env).slice(-1), ['OTHER']);
    assert.ok(!('BRIDGE_NAME' in env));
    return 'BRIDGE_BATCH_OUTPUTS' in env;
  };
  assert.deepEqual(['yes', '1', 'true', 'no', '0', 'False', ''].map(of), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.throws(() => of('flase'), { name: 'UserError', message: /^BRIDGE_BATCH_OUTPUTS is "flase": it has to be/ });
});

/**
 * A client that publishes arrays of quotes with the next ids, and keeps the ids of each array of orders.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function ordersAt(t, url) {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  const arrays = new Collected();
  let next = 0;
  client.on('message', (_topic, payload) => {
    const orders = /** @type {{id: string}[]} */ (JSON.parse(payload.toString()));
    arrays.push(orders.map(({ id }) => id));
  });
  await client.subscribeAsync('orders/mine', { qos: 1 });
  return {
    arrays,
    publish: (/** @type {number} */ count) => {
      const quotes = Array.from({ length: count }, () => ({ sid: 'GOOG', quote: 345, id: String(next++) }));
      return client.publishAsync('quotes', JSON.stringify(quotes), { qos: 1 });
    },
  };
}

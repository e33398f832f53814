/** Messages that take so much memory decoded that they are kept as they are sent. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { PLAIN, startBackend, startBridge } from './fake_backend.js';
import { BROKERS, Collected } from './helpers.js';

const FIELDS = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, n / 8]));
const LARGE = { sid: 'GOOG', quote: 345.5, ts: 1e9, id: 'a', ...FIELDS };

/** Backends that fail at the first call, by what they have. */
const BACKENDS = {
  events: (/** @type {(quotes: any[]) => void} */ take) => ({
    ...PLAIN,
    events: (/** @type {any[]} */ quotes) => {
      take(quotes);
      return quotes.map(({ id }) => ({ orders: [JSON.stringify({ id: `order of ${id}` })], fills: [] }));
    },
  }),
  event: (/** @type {(quotes: any[]) => void} */ take) => ({
    ...PLAIN,
    event: (/** @type {any} */ quote) => {
      take([quote]);
      return PLAIN.event(quote);
    },
  }),
};

for (const [broker, start, skip] of BROKERS) {
  test(
    `a backend of events gets a large quote whole through ${broker}, also when the call is tried again`,
    { skip },
    async (t) => {
      const { url } = await start(t);
      const calls = new Collected();
      const take = (/** @type {any[]} */ quotes) => {
        calls.push(quotes);
        if (calls.values.length === 1) throw new Error('not now');
      };
      const { address } = await startBackend(t, BACKENDS.events(take));
      await startBridge(t, url, address);
      const client = await mqtt.connectAsync(url);
      t.after(() => client.endAsync());
      await client.publishAsync('quotes', JSON.stringify(LARGE), { qos: 1 });
      const [first, again] = await calls.until(2);
      assert.deepEqual(again, [{ ...LARGE, channel: 'quotes' }]);
      assert.deepEqual(again, first);
    },
  );
}

test('a backend of event alone gets a large quote whole, and its order has the price', async (t) => {
  const { url } = await BROKERS[0][1](t);
  const calls = new Collected();
  const { address } = await startBackend(
    t,
    BACKENDS.event((quotes) => calls.push(quotes)),
  );
  await startBridge(t, url, address);
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  const orders = new Collected();
  client.on('message', (_topic, payload) => orders.push(JSON.parse(String(payload))));
  await client.subscribeAsync('orders/mine', { qos: 1 });
  await client.publishAsync('quotes', JSON.stringify(LARGE), { qos: 1 });
  const [order] = await orders.until(1);
  assert.deepEqual(calls.values, [[{ ...LARGE, channel: 'quotes' }]]);
  assert.deepEqual([order.price, order.ts, order.quote_id], [345.5, 1e9, 'a']);
});

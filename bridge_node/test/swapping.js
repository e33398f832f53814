/** What the tests of swaps share. */

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

import mqtt from 'mqtt';

import { startBridge, until } from './fake_backend.js';
import { FakeJournal, startHolder } from './fake_pair.js';
import { Collected } from './helpers.js';

/** @typedef {import('./fake_pair.js').FakeHolder} FakeHolder */

/**
 * A client that publishes, and keeps what the bridge publishes.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
export async function connect(t, url) {
  const client = await mqtt.connectAsync(url);
  let isOver = false;
  let flow = Promise.resolve();
  t.after(async () => {
    isOver = true;
    flow.catch(() => {});
    await client.endAsync(true); // where the test has failed its broker is away, and confirms nothing more
  });
  const orders = new Collected();
  const replies = new Collected();
  const records = new Collected();
  /** @type {Record<string, Collected>} */
  const outputs = { orders, replies, bridges: records };
  client.on('message', (topic, payload) => {
    outputs[topic.split('/')[0]].push(payload.length === 0 ? null : JSON.parse(payload.toString()));
  });
  await client.subscribeAsync(['orders/mine', 'replies/mine', 'bridges/mine'], { qos: 1 });
  let count = 0;
  /** @param {number} quotes */
  const publish = async (quotes) => {
    for (let n = 0; n < quotes; n++) {
      await client.publishAsync('quotes', JSON.stringify({ sid: 'GOOG', quote: 345, id: String(count++) }), { qos: 1 });
    }
  };
  let asked = 0;
  /** @param {string} to @param {object} [others] */
  const swap = async (to, others) => {
    const message = { command: 'swap', id: `s${asked++}`, to, expires: '2200-01-01', ...others };
    await client.publishAsync('commands/mine', JSON.stringify(message), { qos: 1 });
    const found = () => replies.values.find(({ id }) => id === message.id);
    await until(found);
    return found();
  };
  /** Every quote was decided once, in its order, and has its order. @param {FakeJournal[]} journals  in their order */
  const check = async (...journals) => {
    const ids = Array.from({ length: count }, (_, n) => String(n));
    const decided = () => journals.flatMap((journal) => journal.decided);
    await until(() => decided().length >= count);
    assert.deepEqual(decided(), ids);
    await until(() => orders.values.length >= count && new Set(orders.values.map(({ id }) => id)).size >= count);
    assert.deepEqual([...new Set(orders.values.map(({ id }) => id))], ids);
  };
  const begin = () => {
    flow = (async () => {
      while (!isOver) {
        await publish(1);
        await setTimeout(2); // without it the processor is busy with them alone, for as long as a backend is awaited
      }
    })();
  };
  /** The quotes end; all of them are decided. @param {FakeJournal[]} journals */
  const end = async (...journals) => {
    isOver = true;
    await flow;
    await publish(20);
    await check(...journals);
  };
  return { publish, begin, end, swap, check, orders, replies, records };
}

/**
 * A bridge of a pair, the first of which has the journal open, and quotes that never stop to come.
 * @param {import('node:test').TestContext} t
 * @param {{url: string}} broker
 */
export async function startPair(t, { url }) {
  const journal = new FakeJournal();
  const old = await startHolder(t, journal, true);
  const next = await startHolder(t, journal, false);
  const bridge = await startBridge(t, url, old.address);
  const client = await connect(t, url);
  await client.publish(20);
  client.begin();
  return { journal, old, next, bridge, ...client, end: () => client.end(journal) };
}

/** Of the record that was published last. @param {Collected} records */
export const lastDuty = (records) => {
  const { assignment, swap } = records.values.at(-1);
  return { assignment, swap };
};

/**
 * Run something once, at a call of a swap.
 * @param {FakeHolder} holder
 * @param {string} method
 * @param {'before' | 'after'} when
 * @param {() => unknown} act
 */
export function once(holder, method, when, act) {
  holder.at = (called, moment) => {
    if (called !== method || moment !== when) return undefined;
    holder.at = () => {};
    return act();
  };
}

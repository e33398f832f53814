/** Algorithms that are announced, for the tests of discovery. */

import mqtt from 'mqtt';

import { FakeService, runBridge, startBackend } from './fake_backend.js';
import { Collected } from './helpers.js';

/** @typedef {import('node:test').TestContext} Test */

/**
 * A client that announces algorithms, publishes quotes, and keeps what comes by topic.
 * @param {Test} t
 * @param {string} url
 */
export async function connect(t, url) {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  /** @type {Map<string, Collected>} */
  const came = new Map();
  /** @param {string} topic */
  const on = (topic) => {
    if (!came.has(topic)) came.set(topic, new Collected());
    return /** @type {Collected} */ (came.get(topic));
  };
  client.on('message', (topic, payload) => on(topic).push(payload.toString()));
  await client.subscribeAsync(['orders/+', 'bridges/+'], { qos: 1 });
  let count = 0;
  return {
    on,
    /** @param {string} topic @param {string | Buffer} payload */
    retain: (topic, payload) => client.publishAsync(topic, payload, { qos: 1, retain: true }),
    /** @param {string} name @param {string} address @param {object} [fields] */
    announce: (name, address, fields = {}) => {
      const record = { ...RECORD, name, address, ...fields };
      return client.publishAsync(`algos/${name}`, JSON.stringify(record), { qos: 1, retain: true });
    },
    /** @param {number} quotes */
    publish: async (quotes) => {
      for (let n = 0; n < quotes; n++) {
        const quote = { sid: 'GOOG', quote: 345, id: String(count++) };
        await client.publishAsync('quotes', JSON.stringify(quote), { qos: 1 });
      }
    },
  };
}

const RECORD = {
  state: 'online',
  algorithm: 'mine',
  contract: 4,
  channels: ['quotes'],
  parameters: {},
  instance: '9f86d081884c7d65',
  since: '2026-11-28T10:00:00.000Z',
};

/**
 * @param {Test} t
 * @param {string} name
 */
export async function startService(t, name) {
  const service = new FakeService(['quotes'], name);
  const { address, stop } = await startBackend(t, service.methodsWithJournal());
  return { service, address, stop };
}

/**
 * @param {Test} t
 * @param {string} url
 */
export const discover = (t, url) => runBridge(t, url, [], { params: {} });

/** @param {FakeService} service */
export const idsOf = ({ decided }) => [...decided.keys()].map((key) => Number(key.split(' ')[1]));

/** @param {number} end */
export const upTo = (end) => Array.from({ length: end }, (_, n) => n);

/** @param {number[]} ids */
export const sorted = (ids) => ids.toSorted((a, b) => a - b);

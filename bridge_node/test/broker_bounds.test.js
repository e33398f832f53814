/** What clients cannot do to the embedded broker, and to one another. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { BROKER } from '../src/mqtt/broker_bounds.js';
import { startBroker } from '../src/mqtt/embedded_broker.js';
import { until } from './fake_backend.js';
import { freePort, keptLog } from './helpers.js';

/** @param {import('node:test').TestContext} t @param {Partial<typeof BROKER>} [bounds] */
async function started(t, bounds) {
  const port = await freePort();
  const { log, lines } = keptLog();
  const { stop } = await startBroker(port, log, { ...BROKER, ...bounds });
  t.after(stop);
  return {
    port,
    /** @param {RegExp} pattern */
    told: (pattern) => until(() => lines.some(({ level, text }) => level === 'warn' && pattern.test(text))),
    /** @param {import('mqtt').IClientOptions} [options] */
    async client(options) {
      const made = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options }, false);
      t.after(() => made.end(true));
      made.on('error', () => {}); // it may be disconnected
      return made;
    },
    /** A connection that says what it wants. */
    async raw(host = '127.0.0.1') {
      const socket = connect(port, host);
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      socket.on('error', () => {});
      socket.resume();
      return socket;
    },
  };
}

const CONNECT = Buffer.from('101000044d5154540402003c000473 6c6f77'.replace(' ', ''), 'hex');

test('a packet that is larger than a message may be ends the connection at once, before it has come', async (t) => {
  const { raw, client, told } = await started(t);
  const stranger = await raw();
  // CONNECT of 256 MiB
  stranger.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  await once(stranger, 'close');
  await told(/a packet of 268435455 bytes/);
  const known = await raw();
  known.write(CONNECT);
  known.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  await once(known, 'close');
  const publisher = await client();
  await publisher.publishAsync('quotes', Buffer.alloc(BROKER.packet - 100), { qos: 1 });
});

test('whoever says nothing is disconnected, and keeps nobody out meanwhile', async (t) => {
  const { raw, client, told } = await started(t, { seconds: 0.2, waiting: 3 });
  const first = await raw();
  for (let n = 0; n < 3; n++) await raw();
  await once(first, 'close');
  await told(/more than 3 had not said who they are/);
  const last = await raw();
  await client();
  await once(last, 'close');
});

test('connections are bounded, and on loopback alone', async (t) => {
  const { raw } = await started(t, { connections: 3 });
  const held = [await raw(), await raw(), await raw()];
  await once(await raw(), 'close');
  held[0].destroy();
  await once(held[0], 'close');
  await assert.rejects(raw('127.0.0.2'), { code: 'ECONNREFUSED' });
});

test('a client that does not read is disconnected, and the others get everything', async (t) => {
  const { raw, client, told } = await started(t, { unread: 1024 * 1024 });
  const slow = await raw();
  slow.write(CONNECT);
  slow.write(Buffer.from('820b00010006', 'hex')); // SUBSCRIBE
  slow.write('quotes');
  slow.write(Buffer.from([0]));
  slow.pause();
  const [reader, publisher] = [await client(), await client()];
  let got = 0;
  reader.on('message', () => (got += 1));
  await reader.subscribeAsync('quotes', { qos: 1 });
  const payload = Buffer.alloc(100_000);
  const COUNT = 200;
  for (let n = 0; n < COUNT; n++) await publisher.publishAsync('quotes', payload, { qos: 1 });
  await told(/does not read what it has subscribed to/);
  await until(() => got === COUNT);
});

test('all that is unread is bounded, however many do not read', async (t) => {
  const { raw, client, told } = await started(t, { unread: 1e9, unreadOfAll: 4 * 1024 * 1024 });
  for (let n = 0; n < 3; n++) {
    const slow = await raw();
    const name = Buffer.from(CONNECT);
    name[name.length - 1] = 65 + n;
    slow.write(Buffer.concat([name, Buffer.from('820b00010006', 'hex'), Buffer.from('quotes\0')]));
    slow.pause();
  }
  const publisher = await client();
  const payload = Buffer.alloc(100_000);
  let isTold = false;
  void told(/does not read/).then(() => (isTold = true));
  while (!isTold) await publisher.publishAsync('quotes', payload, { qos: 1 });
});

test('subscriptions of a client, and topic filters in a packet, are bounded', async (t) => {
  const { client, told } = await started(t, { filters: 10 });
  const many = await client();
  const filters = (/** @type {number} */ count, name = 'a') => Array.from({ length: count }, (_, n) => `${name}/${n}`);
  await many.subscribeAsync(filters(10));
  await assert.rejects(many.subscribeAsync('b'));
  await many.subscribeAsync('a/0', { qos: 1 });
  await told(/refused a subscription/);
  void many.subscribeAsync(filters(11)).catch(() => {});
  await new Promise((resolve) => many.once('close', () => resolve(undefined)));
  await told(/more than 10 topic filters at once/);
});

test('sessions are bounded, and a client comes back to its own', async (t) => {
  const { client, told } = await started(t, { sessions: 2 });
  for (const clientId of ['one', 'two']) {
    const made = await client({ clientId, clean: false });
    await made.subscribeAsync('quotes', { qos: 1 });
    await made.endAsync();
  }
  await assert.rejects(client({ clientId: 'three', clean: false, connectTimeout: 5000 }));
  await told(/2 sessions already/);
  await client({ clientId: 'one', clean: false });
  await client({ clientId: 'three' });
});

test('what waits for those who are away is bounded, and those who are there get everything', async (t) => {
  const { client, told } = await started(t, { queued: 5000 });
  const away = await client({ clientId: 'away', clean: false });
  await away.subscribeAsync('quotes', { qos: 1 });
  await away.endAsync();
  const reader = await client({ clientId: 'there', clean: false });
  /** @type {string[]} */
  const got = [];
  reader.on('message', (_topic, payload) => got.push(String(payload)));
  await reader.subscribeAsync('quotes', { qos: 1 });
  const publisher = await client();
  const COUNT = 50;
  for (let n = 0; n < COUNT; n++) await publisher.publishAsync('quotes', String(n), { qos: 1 });
  await told(/dropped a message of a client that is away/);
  await until(() => got.length === COUNT);
  /** @type {string[]} */
  const late = [];
  const back = mqtt.connect(`mqtt://127.0.0.1:${publisher.options.port}`, { clientId: 'away', clean: false });
  t.after(() => back.end(true));
  back.on('message', (_topic, payload) => late.push(String(payload)));
  await until(() => late.length > 0);
  assert.equal(late[0], '0');
});

test('retained messages are bounded, and one that is there is replaced or removed', async (t) => {
  const { client, told } = await started(t, { retained: 3, retainedBytes: 10_000 });
  const publisher = await client();
  const retain = (/** @type {string} */ topic, text = 'x') =>
    publisher.publishAsync(topic, text, { retain: true, qos: 1 });
  for (const topic of ['a', 'b', 'c', 'd']) await retain(topic);
  await told(/did not retain/);
  await retain('a', 'x'.repeat(20_000));
  await retain('b', 'y');
  await retain('c', '');
  await retain('e');
  /** @type {Map<string, string>} */
  const kept = new Map();
  const reader = await client();
  reader.on('message', (topic, payload) => kept.set(topic, String(payload)));
  await reader.subscribeAsync('#');
  await until(() => kept.size === 3);
  assert.deepEqual([...kept].toSorted(), [
    ['a', 'x'],
    ['b', 'y'],
    ['e', 'x'],
  ]);
});

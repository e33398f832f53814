import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Connection } from '../src/mqtt/connection.js';
import { MAX_TAKEOVERS, Takeovers } from '../src/mqtt/takeovers.js';
import { brokerAt, keptLog, portOf, startBroker } from './helpers.js';

const CONNACK = Buffer.from([0x20, 3, 0, 0, 0]);
const DISCONNECT = 0xe0;
/** Of MQTT 5. */
const SESSION_TAKEN_OVER = 0x8e;
const SERVER_MOVED = 0x9d;

/**
 * A broker of MQTT 5 that ends each connection with this reason.
 * @param {import('node:test').TestContext} t
 * @param {number} reasonCode
 */
async function startEndingBroker(t, reasonCode) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([CONNACK, Buffer.from([DISCONNECT, 2, reasonCode, 0])])));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `mqtt://127.0.0.1:${portOf(server)}`;
}

test('a broker that says that another client has the id is believed at once, and the delays grow until it is too often', async (t) => {
  const url = await startEndingBroker(t, SESSION_TAKEN_OVER);
  const { log, lines } = keptLog();
  const connection = new Connection(brokerAt(url, log), { clientId: 'x' });
  t.after(() => connection.stop());
  /** @type {boolean[]} */
  const taken = [];
  connection.on('taken', (_sentence, isTooOften) => {
    taken.push(isTooOften);
    if (isTooOften) connection.retire();
  });
  connection.start();
  while (!taken.includes(true)) await once(connection, 'taken');
  assert.deepEqual(taken, [false, false, false, false, true]);
  const sentence = `another client has taken the client id x at the broker ${url}`;
  assert.equal(connection.taken, sentence);
  const end = '. A client id serves one client: end the other one';
  assert.deepEqual(
    lines.filter(({ level }) => level === 'warn').map(({ text }) => text),
    [...[0.25, 0.5, 1, 2].map((delay) => `${sentence}; trying again in ${delay} s${end}`), sentence + end],
  );
});

test('a client that takes the id again and again is the cause of connections that end soon, where others go on', async (t) => {
  const { url } = await startBroker(t);
  const { log, lines } = keptLog();
  const link = brokerAt(url, log);
  const other = new Connection(link, { clientId: 'other' });
  const connection = new Connection(link, { clientId: 'x', clean: false });
  t.after(() => Promise.all([other.stop(), connection.stop()]));
  other.start();
  await once(other, 'up');
  connection.start();
  await once(connection, 'up');
  const taken = once(connection, 'taken');
  const foreign = mqtt.connect(url, { clientId: 'x', clean: false, reconnectPeriod: 20 });
  t.after(() => foreign.end(true));
  const [sentence, isTooOften] = await taken;
  assert.equal(isTooOften, false);
  assert.equal(
    sentence,
    `the broker ${url} has ended 3 connections of the client id x soon after they were made, and gives no reason, as it does if another client takes this id`,
  );
  assert.equal(link.fault, sentence);
  assert.deepEqual(
    lines.filter(({ text }) => text.includes('soon after')).map(({ text }) => text.startsWith(sentence)),
    [true],
  );
});

test('connections that a broker ends for a reason of its own, or at its own end, are no takeovers', async (t) => {
  const { log, lines } = keptLog();
  const moved = new Connection(brokerAt(await startEndingBroker(t, SERVER_MOVED), log), { clientId: 'x' });
  t.after(() => moved.stop());
  moved.start();
  for (let n = 0; n < 3; n++) await once(moved, 'down');
  const broker = await startBroker(t);
  const link = brokerAt(broker.url, log);
  const both = ['x', 'y'].map((clientId) => new Connection(link, { clientId }));
  t.after(() => Promise.all(both.map((each) => each.stop())));
  for (const each of both) each.start();
  for (let n = 0; n < 4; n++) {
    await Promise.all(both.map((each) => each.client ?? once(each, 'up')));
    broker.cut();
    await Promise.all(both.map((each) => each.client && once(each, 'down')));
  }
  assert.deepEqual(
    lines.filter(({ text }) => text.includes('client id')),
    [],
  );
});

test('a row of takeovers ends with a connection that lasts', () => {
  let now = 0;
  const takeovers = new Takeovers('x', 'mqtt://b', () => now);
  const end = (/** @type {number} */ lasted) => {
    now += lasted;
    return takeovers.ended({ isTold: true, hasReason: true, lasted });
  };
  for (let n = 1; n < MAX_TAKEOVERS; n++) assert.equal(end(1000), true);
  assert.equal(takeovers.isTooMany, false);
  assert.notEqual(takeovers.fault, '');
  now += 61_000;
  assert.equal(takeovers.fault, '');
  assert.equal(end(61_000), true);
  assert.deepEqual([takeovers.isTooMany, takeovers.delay, takeovers.fault], [false, 250, '']);
});

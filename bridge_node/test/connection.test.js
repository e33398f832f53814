import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';

import { Connection } from '../src/mqtt/connection.js';
import { Publisher } from '../src/mqtt/publisher.js';
import { brokerAt, Collected, freePort, keptLog, portOf, startBroker } from './helpers.js';

test('a broker that closes an MQTT 5 connection gets one in 3.1.1', async () => {
  /** @type {number[]} */
  const versions = [];
  const server = createServer((socket) => {
    socket.once('data', (packet) => {
      const version = packet[8]; // CONNECT: type, length, "MQTT" with its length, protocol level
      versions.push(version);
      if (version === 5) socket.destroy();
      else socket.write(Buffer.from([0x20, 2, 0, 0]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { log, lines } = keptLog();
  const connection = new Connection(brokerAt(`mqtt://127.0.0.1:${portOf(server)}`, log), { clientId: 'x' });
  connection.start();
  await once(connection, 'up');
  assert.deepEqual(versions, [5, 4]);
  assert.deepEqual(
    lines.map(({ text }) => text),
    [`connected to mqtt://127.0.0.1:${portOf(server)}, MQTT 3.1.1`],
  );
  await connection.stop();
  server.close();
});

test('that a broker is unavailable, and available again, is logged once each', async (t) => {
  const broker = await startBroker(t);
  const comeBack = await broker.takeAway();
  const { log, lines } = keptLog();
  const connection = new Connection(brokerAt(broker.url, log), { clientId: 'x' });
  const attempts = new Collected();
  const { start } = connection;
  connection.start = function () {
    attempts.push('attempt');
    start.call(connection);
  };
  connection.start();
  while (lines.length === 0) await attempts.until(attempts.values.length + 1);
  await attempts.until(attempts.values.length + 1);
  await comeBack();
  await once(connection, 'up');
  const away = await broker.takeAway();
  await attempts.until(attempts.values.length + 2);
  await away();
  await once(connection, 'up');
  assert.deepEqual(
    lines.map(({ text }) => text.replace(/ \(.*\)/, '').replace(broker.url, 'URL')),
    [
      'broker URL is unavailable; trying again with growing delays',
      'connected to URL, MQTT 3.1.1',
      'broker URL lost; trying again with growing delays',
      'connected to URL, MQTT 3.1.1',
    ],
  );
  await connection.stop();
});

test('a broker that is back and refuses us is told once more', async (t) => {
  const broker = await startBroker(t);
  const { log, lines } = keptLog();
  const connection = new Connection(brokerAt(broker.url.replace('//', '//ann:secret@'), log), { clientId: 'x' });
  t.after(() => connection.stop());
  connection.start();
  await once(connection, 'up');
  const comeBack = await broker.takeAway();
  const refused = new Collected();
  broker.aedes.authenticate = (_client, _username, _password, callback) => {
    refused.push('refused');
    callback(Object.assign(new Error(), { returnCode: 5 }), false);
  };
  await comeBack();
  await refused.until(3);
  assert.deepEqual(
    lines.map(({ text }) => text.replace(/.*@[\d.:]+,? (\S+ [^;(]*).*/, '$1').trim()),
    ['MQTT 3.1.1', 'lost', 'refuses the connection'],
  );
});

test('a command that the broker refuses does not wait, and one that it does not answer waits as long as it may', async (t) => {
  const broker = await startBroker(t);
  broker.aedes.authenticate = (_client, _username, _password, callback) => {
    callback(Object.assign(new Error(), { returnCode: 5 }), false);
  };
  const refused = new Connection(brokerAt(broker.url), { clientId: 'x' });
  const away = new Connection(brokerAt('mqtt://127.0.0.1:1'), { clientId: 'x' });
  assert.equal(await refused.open(2 ** 31 - 1), false);
  assert.equal(await away.open(1), false);
  await Promise.all([refused.stop(), away.stop()]);
});

test('a command that awaits no broker ends where nobody listens, and waits where a port is forwarded to one that starts', async (t) => {
  const away = new Connection(brokerAt(`mqtt://127.0.0.1:${await freePort()}`), { clientId: 'x' });
  t.after(() => away.stop());
  assert.equal(await away.open(2 ** 31 - 1, false), false);
  const broker = await startBroker(t);
  let attempts = 0;
  const forwarded = createServer((socket) => {
    socket.on('error', () => {});
    attempts += 1;
    if (attempts <= 3) socket.destroy();
    else socket.pipe(connect(Number(new URL(broker.url).port), '127.0.0.1')).pipe(socket);
  }).listen(0, '127.0.0.1');
  t.after(() => forwarded.close());
  await once(forwarded, 'listening');
  const coming = new Connection(brokerAt(`mqtt://127.0.0.1:${portOf(forwarded)}`), { clientId: 'x' });
  assert.equal(await coming.open(2 ** 31 - 1, false), true);
  assert.equal(attempts, 4);
  await coming.stop();
});

test('a password in the address is not logged', async () => {
  const { log, lines } = keptLog();
  const connection = new Connection(brokerAt('mqtt://user:secret@127.0.0.1:1', log), { clientId: 'x' });
  connection.start();
  while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.match(lines[0].text, /broker mqtt:\/\/user:\*\*\*@127\.0\.0\.1:1 is unavailable/);
  await connection.stop();
});

test('a user name and a password may hold any characters', async (t) => {
  const broker = await startBroker(t);
  const seen = new Collected();
  broker.aedes.authenticate = (_client, username, password, callback) => {
    seen.push([username, password?.toString() ?? null]);
    callback(null, true);
  };
  for (const [username, password] of [
    ['a:b', 'c:d'],
    [' größe@/%?#:', '\0:@/%?#+&=ü '],
    ['alone', null],
  ]) {
    const login = [username, password].filter((part) => part !== null).map((part) => encodeURIComponent(String(part)));
    const { log, lines } = keptLog();
    const connection = new Connection(brokerAt(broker.url.replace('//', `//${login.join(':')}@`), log), {
      clientId: 'x',
    });
    t.after(() => connection.stop());
    connection.start();
    await once(connection, 'up');
    assert.deepEqual(seen.values.at(-1), [username, password]);
    if (password) assert.ok(lines[0].text.includes(':***@') && !lines[0].text.includes(login[1]));
  }
});

test('what was unconfirmed at a loss is published again, first and in order', async (t) => {
  const broker = await startBroker(t);
  const seen = new Collected();
  let cuts = 0;
  broker.aedes.authorizePublish = (_client, packet, callback) => {
    seen.push(Number(packet.payload));
    // twice in the middle of things: the broker has it, and its PUBACK is never sent
    if (seen.values.length % 40 === 0 && cuts++ < 2) broker.cut();
    callback(null);
  };
  const publisher = new Publisher(brokerAt(broker.url));
  publisher.start();
  const confirmed = [];
  for (let n = 0; n < 200; n++) confirmed.push(publisher.publish([{ topic: 'orders/x', payload: String(n) }]));
  await Promise.all(confirmed);
  await publisher.stop();
  assert.equal(cuts >= 2, true);
  // in the order in which each was first seen, whatever was repeated
  assert.deepEqual(
    [...new Set(seen.values)],
    Array.from({ length: 200 }, (_, n) => n),
  );
  const repeatsGoBack = seen.values.every((value, n) => n === 0 || value <= seen.values[n - 1] + 1);
  assert.ok(repeatsGoBack, 'a repetition begins at the first unconfirmed one and leaves none out');
});

test('a report that cannot be published is logged and delays nothing', async (t) => {
  const broker = await startBroker(t);
  const comeBack = await broker.takeAway();
  const { log, lines } = keptLog();
  const publisher = new Publisher(brokerAt(broker.url, log));
  publisher.start();
  publisher.report('errors/x', '{}');
  assert.deepEqual(lines.at(-1), {
    level: 'error',
    text: 'not published: the broker is unavailable',
    fields: { topic: 'errors/x' },
  });
  await comeBack();
  await publisher.publish([{ topic: 'orders/x', payload: '{}' }]);
  await publisher.stop();
});

test('of many reports that cannot be published a few are logged', async (t) => {
  const { log, lines } = keptLog();
  const publisher = new Publisher(brokerAt('mqtt://127.0.0.1:1', log));
  t.mock.method(performance, 'now', () => 0);
  for (let n = 0; n < 1000; n++) publisher.report('errors/x', '{}');
  assert.equal(lines.filter(({ level }) => level === 'error').length, 10);
});

test('what is too large for the broker is logged and delays nothing', async (t) => {
  const broker = await startBroker(t);
  const { log, lines } = keptLog();
  const publisher = new Publisher(brokerAt(broker.url, log));
  t.after(() => publisher.stop());
  publisher.start();
  await once(publisher.connection, 'up');
  // as an MQTT 5 broker says in its CONNACK; the embedded one speaks 3.1.1
  publisher.connection.maxPacketBytes = 100;
  await publisher.publish([{ topic: 'portfolios/x', payload: 'x'.repeat(100), retain: true }]);
  publisher.report('errors/x', 'x'.repeat(100));
  await publisher.publish([{ topic: 'orders/x', payload: '{}' }]);
  const errors = lines.filter(({ level }) => level === 'error').map(({ text, fields }) => [text, fields.topic]);
  assert.deepEqual(errors, [
    ['not published: the broker accepts no packet of this size', 'portfolios/x'],
    ['not published: the broker accepts no packet of this size', 'errors/x'],
  ]);
});

test('what the broker may have lost is published first on every connection', async (t) => {
  const broker = await startBroker(t);
  const seen = new Collected();
  broker.aedes.on('publish', (packet) => {
    if (packet.topic === 'orders/x') seen.push(String(packet.payload));
  });
  /** @type {() => void} */
  let release = () => {};
  let recoveries = 0;
  const publisher = new Publisher(brokerAt(broker.url), async (publish) => {
    recoveries += 1;
    const held = new Promise((resolve) => {
      release = () => resolve(undefined);
    });
    await publish(['r1', 'r2'].map((payload) => ({ topic: 'orders/x', payload })));
    if (recoveries === 2) broker.cut(); // in the middle of it
    await held;
    await publish([{ topic: 'orders/x', payload: 'r3' }]);
  });
  publisher.start();
  const first = publisher.publish([{ topic: 'orders/x', payload: 'a' }]);
  await seen.until(2);
  release();
  await first;
  assert.deepEqual(seen.values, ['r1', 'r2', 'r3', 'a']);
  broker.cut();
  const second = publisher.publish([{ topic: 'orders/x', payload: 'b' }]);
  await seen.until(8);
  release();
  await second;
  assert.deepEqual(seen.values.slice(4), ['r1', 'r2', 'r1', 'r2', 'r3', 'b']);
  await publisher.stop();
});

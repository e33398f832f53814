import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { startBroker } from '../src/mqtt/embedded_broker.js';
import { until } from './fake_backend.js';
import { freePort, keptLog } from './helpers.js';

test('what waits for a session comes before what is published while the session is resumed', async (t) => {
  const port = await freePort();
  const { stop } = await startBroker(port, keptLog().log);
  t.after(stop);
  const url = `mqtt://127.0.0.1:${port}`;
  const session = { clientId: 'reader', clean: false, reconnectPeriod: 0 };
  const first = await mqtt.connectAsync(url, session);
  await first.subscribeAsync('quotes', { qos: 1 });
  await first.endAsync();
  const publisher = await mqtt.connectAsync(url);
  t.after(() => publisher.end(true));
  const COUNT = 4000;
  let published = 0;
  const publish = () => publisher.publishAsync('quotes', String(published++), { qos: 1 });
  await Promise.all(Array.from({ length: COUNT / 2 }, publish));
  // the others while the reader connects and is sent those that wait
  const flow = (async () => {
    while (published < COUNT) await publish();
  })();
  const reader = mqtt.connect(url, session);
  t.after(() => reader.end(true));
  /** @type {number[]} */
  const seen = [];
  await new Promise((resolve, reject) => {
    reader.once('close', () => reject(new Error(`the connection was lost after ${seen.length} messages`)));
    reader.on('message', (_topic, payload) => {
      const number = Number(payload.toString());
      if (!seen.includes(number)) seen.push(number); // QoS 1: a message may come twice
      if (seen.length === COUNT) resolve(undefined);
    });
  });
  await flow;
  assert.deepEqual(
    seen,
    Array.from({ length: COUNT }, (_, n) => n),
  );
});

test('the embedded broker stops without waiting for clients that send nothing', async (t) => {
  const port = await freePort();
  const { log, lines } = keptLog();
  t.mock.timers.enable({ apis: ['setTimeout'] }); // aedes gives them half a minute
  const { stop } = await startBroker(port, log);
  assert.match(lines[0].text, new RegExp(`^broker listening on mqtt://127.0.0.1:${port};`));
  const mute = connect(port, '127.0.0.1');
  t.after(() => mute.destroy());
  await once(mute, 'connect');
  stop();
  mute.on('error', () => {}); // a reset
  mute.resume();
  await once(mute, 'close');
});

test('the embedded broker counts its clients and what they publish', async (t) => {
  const port = await freePort();
  const broker = await startBroker(port, keptLog().log);
  t.after(broker.stop);
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  assert.equal(broker.clients, 1);
  for (const qos of /** @type {const} */ ([0, 1, 1])) await client.publishAsync('quotes', '{}', { qos });
  assert.equal(broker.messages, 3);
  await client.endAsync();
  await until(() => broker.clients === 0);
});

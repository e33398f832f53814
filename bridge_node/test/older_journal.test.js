import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { Connection } from '../src/mqtt/connection.js';
import { UserError } from '../src/support/errors.js';
import { checkAge } from '../src/route/older_journal.js';
import { brokerAt, BROKERS, keptLog, startBroker } from './helpers.js';

const TOPIC = 'portfolios/mine';

/** @param {import('node:test').TestContext} t @param {string} url */
async function connected(t, url) {
  const connection = new Connection(brokerAt(url), { clientId: '', clean: true });
  const up = once(connection, 'up');
  connection.start();
  t.after(() => connection.stop());
  const [client] = await up;
  return { connection, client: /** @type {import('mqtt').MqttClient} */ (client) };
}

/** @param {Connection} connection @param {number} seq @param {boolean} isAccepted */
const check = (connection, seq, isAccepted = false, log = keptLog().log) =>
  checkAge({ name: 'mine', seq, isAccepted }, TOPIC, connection, log);

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} the snapshot that is retained is seen every time, of any size`, { skip }, async (t) => {
    const { url } = await start(t);
    const { client } = await connected(t, url);
    for (let n = 1; n <= 60; n++) {
      const positions = 'x'.repeat(n % 3 === 0 ? 500_000 : 10);
      await client.publishAsync(TOPIC, JSON.stringify({ seq: n, positions }), { qos: 1, retain: true });
      const { connection } = await connected(t, url);
      await assert.rejects(check(connection, n - 1), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, new RegExp(`has ${n - 1} decisions, and ${TOPIC} shows ${n}:`));
        return true;
      });
      await check(connection, n);
    }
  });

  test(`with ${name} a journal is used if nothing is retained, or not a count of decisions`, { skip }, async (t) => {
    const { url } = await start(t);
    const { client, connection } = await connected(t, url);
    await check(connection, 0);
    for (const payload of ['no JSON', '{"seq": "7"}', 'null', '{"seq": 1700000000000000}']) {
      await client.publishAsync(TOPIC, payload, { qos: 1, retain: true });
      await check(connection, 0);
    }
  });
}

test('an older journal that is accepted is used, and that is logged', async (t) => {
  const { url } = await startBroker(t);
  const { client, connection } = await connected(t, url);
  await client.publishAsync(TOPIC, '{"seq": 7}', { qos: 1, retain: true });
  const { log, lines } = keptLog();
  await check(connection, 3, true, log);
  assert.match(lines[0].text, /^continuing, as --accept-older-journal asks: the journal of mine has 3 decisions/);
});

test('a connection that is lost meanwhile is waited for', async (t) => {
  const { url, aedes, cut } = await startBroker(t);
  const { client, connection } = await connected(t, url);
  await client.publishAsync(TOPIC, '{"seq": 7}', { qos: 1, retain: true });
  aedes.once('subscribe', cut);
  await assert.rejects(check(connection, 3), /shows 7/);
});

test('a broker that does not let the topic be read is reported', async (t) => {
  const { url, aedes } = await startBroker(t);
  aedes.authorizeSubscribe = (_client, _subscription, callback) => callback(null, null);
  const { connection } = await connected(t, url);
  const { log, lines } = keptLog();
  await check(connection, 3, false, log);
  assert.match(
    lines[0].text,
    /^it is not known whether the journal is older .*: the broker does not show portfolios\/mine/,
  );
});

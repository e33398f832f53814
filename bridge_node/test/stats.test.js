/** What a bridge publishes of its metrics once a second. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import mqtt from 'mqtt';

import { Bridge } from '../src/bridge.js';
import { LIMITS } from '../src/messages/limits.js';
import { createRegistry } from '../src/metrics/process.js';
import { samplesOf, statsText } from '../src/metrics/stats.js';
import { StatsPublisher } from '../src/metrics/stats_publisher.js';
import { FakeService, startBackend, until } from './fake_backend.js';
import { brokerAt, BROKERS, Collected, keptLog } from './helpers.js';

const schema = JSON.parse(readFileSync(new URL('../../contracts/stats.schema.json', import.meta.url), 'utf8'));
const isValid = new Ajv2020({ allowUnionTypes: true, strictTypes: false }).compile(schema);
const NOW = '2026-11-28T10:00:00.000Z';

/**
 * A bridge at a broker, and its stats as they come.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function running(t, url, prefix = '') {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  const stats = new Collected();
  client.on('message', (topic, payload, { qos, retain }) => {
    stats.push({ topic, qos, retain, stats: JSON.parse(payload.toString()) });
  });
  await client.subscribeAsync(`${prefix}stats/+`, { qos: 1 });
  const { address } = await startBackend(t, new FakeService().methods());
  const link = brokerAt(url, keptLog().log, prefix);
  const config = { address, params: {}, name: 'mine' };
  const bridge = new Bridge([config], link, createRegistry('bridge', '1.0'), '1.0');
  const ended = bridge.run();
  t.after(() => {
    bridge.stop();
    return ended;
  });
  await until(() => bridge.missing.length === 0);
  return { bridge, stats, client };
}

for (const [broker, start, skip] of BROKERS) {
  test(`the metrics are published, below the prefix and not retained, at ${broker}`, { skip }, async (t) => {
    const { url } = await start(t);
    const { bridge, stats, client } = await running(t, url, 'site1/');
    await client.publishAsync('site1/quotes', '[{"sid":"GOOG","quote":1},{"sid":"GOOG","quote":2}]', { qos: 1 });
    /** @param {any} message @param {string} name */
    const value = ({ stats: { samples } }, name) =>
      samples.find((/** @type {unknown[]} */ [each]) => each === name)?.[2];
    await until(() => stats.values.some((message) => value(message, 'tickwire_bridge_orders_total') === 2));
    for (const { topic, qos, retain, stats: message } of stats.values) {
      assert.equal(isValid(message), true, JSON.stringify(isValid.errors));
      assert.equal(topic, `site1/stats/${bridge.part}`);
      assert.equal(message.part, bridge.part);
      assert.equal(qos, 0);
      assert.equal(retain, false);
    }
    const last = stats.values.at(-1);
    assert.equal(last.stats.ready, true);
    assert.equal(last.stats.version, '1.0');
    assert.equal(value(last, 'tickwire_bridge_call_inputs_sum'), 2);
    assert.ok(value(last, 'process_resident_memory_bytes') > 1e6);
    assert.equal(value(last, 'process_open_fds'), undefined);
    assert.equal(value(last, 'tickwire_bridge_failures_total'), undefined); // 0
    assert.equal(value(last, 'tickwire_bridge_queue_inputs'), 0);
  });
}

test('metrics that cannot be read end nothing, and are told of once', async (t) => {
  const { Gauge, Registry } = await import('@platformatic/prom-client');
  const registry = new Registry();
  let reads = 0;
  const collect = () => {
    reads += 1;
    throw new Error('too many open files');
  };
  new Gauge({ name: 'tickwire_x', help: 'x', registers: [registry], collect });
  const { log, lines } = keptLog();
  t.mock.timers.enable({ apis: ['setInterval'] });
  const about = { part: 'bridge:0', component: 'bridge', name: '0', instance: '0', version: '1' };
  const publisher = new StatsPublisher(
    registry,
    about,
    () => [],
    () => assert.fail('something was published'),
    log,
  );
  publisher.start();
  t.mock.timers.tick(1000);
  t.mock.timers.tick(1000);
  await until(() => reads === 2 && lines.length === 1);
  publisher.stop();
  assert.deepEqual(lines[0].level, 'error');
  assert.match(lines[0].text, /^the metrics cannot be published on stats\/: too many open files$/);
});

test('what is larger than a broker accepts, or comes while it does not read, is not sent', () => {
  const link = brokerAt('mqtt://127.0.0.1:1');
  /** @type {string[]} */
  const sent = [];
  const stream = { writableLength: 0 };
  const connection = {
    client: { stream, publish: (/** @type {string} */ topic) => sent.push(topic) },
    maxPacketBytes: 100,
  };
  link.expect(/** @type {any} */ ({ client: undefined, maxPacketBytes: Infinity }));
  link.expect(/** @type {any} */ (connection));
  link.publishNow('large', 'x'.repeat(100));
  link.publishNow('small', 'x');
  stream.writableLength = 10_000_000;
  link.publishNow('late', 'x');
  assert.deepEqual(sent, ['small']);
});

test('a message that is too long leaves out buckets first, and says how many samples it has no room for', () => {
  const about = { part: 'bridge:0', component: 'bridge', name: '0', instance: '0', version: '1', since: NOW };
  /** @param {string} name @param {number} count @returns {import('../src/metrics/stats.js').Sample[]} */
  const many = (name, count) => Array.from({ length: count }, (_, n) => [name, { algo: `é${n}` }, n]);
  const buckets = many('a_bucket', 3000);
  const whole = JSON.parse(statsText(about, [], many('a', 3000)));
  assert.equal(whole.samples.length, 3000);
  assert.equal(whole.left_out, undefined);
  const less = JSON.parse(statsText(about, [], [...buckets, ...many('a', 3000)]));
  assert.equal(less.samples.length, 3000);
  assert.equal(less.left_out, 3000);
  const text = statsText(about, [], [...buckets, ...many('a', 10_000)]);
  const least = JSON.parse(text);
  assert.ok(Buffer.byteLength(text) <= LIMITS.statsBytes && Buffer.byteLength(text) > 0.99 * LIMITS.statsBytes);
  assert.equal(least.samples.length + least.left_out, 13_000);
  for (const message of [whole, less, least]) assert.equal(isValid(message), true, JSON.stringify(isValid.errors));
});

test('at most 100 reasons are told', () => {
  const about = { part: 'bridge:0', component: 'bridge', name: '0', instance: '0', version: '1', since: NOW };
  const { ready, reasons } = JSON.parse(statsText(about, Array(1000).fill('away'), []));
  assert.equal(ready, false);
  assert.equal(reasons.length, LIMITS.statsReasons);
});

test('labels are text, and a value that is not finite is null', async () => {
  const { Gauge, Histogram, Registry } = await import('@platformatic/prom-client');
  const registry = new Registry();
  new Gauge({ name: 'tickwire_x', help: 'x', registers: [registry] }).set(NaN);
  new Histogram({ name: 'tickwire_y', help: 'y', buckets: [0.5], registers: [registry] }).observe(0.25);
  assert.deepEqual(await samplesOf(registry), [
    ['tickwire_x', {}, null],
    ['tickwire_y_bucket', { le: '0.5' }, 1],
    ['tickwire_y_bucket', { le: '+Inf' }, 1],
    ['tickwire_y_sum', {}, 0.25],
    ['tickwire_y_count', {}, 1],
  ]);
});

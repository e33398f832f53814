/** What a bridge counts, as its registry shows it. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs, { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Bridge } from '../src/bridge.js';
import { CODES } from '../src/messages/codes.js';
import { addBroker } from '../src/metrics/broker.js';
import { ChannelTimes } from '../src/metrics/channel_times.js';
import { addLogLines, addReady, createRegistry } from '../src/metrics/process.js';
import { Deferred } from '../src/support/deferred.js';
import { connect, discover, startService } from './announcing.js';
import { FakeService, startBackend, startBridge, until } from './fake_backend.js';
import { brokerAt, BROKERS, startBroker } from './helpers.js';

/** @typedef {import('@platformatic/prom-client').Registry} Registry */

/**
 * @param {Registry} registry
 * @param {string} sample  its name behind `tickwire_bridge_`, and its labels besides that of the algorithm
 */
async function valueOf(registry, sample) {
  const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(sample) ?? [];
  const begin = `tickwire_bridge_${name}{${['algo="mine"', labels].filter(Boolean).join()}} `;
  const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(begin));
  return line && Number(line.slice(begin.length));
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function publisher(t, url) {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  /** @param {string} topic @param {unknown} message */
  return (topic, message) => client.publishAsync(topic, JSON.stringify(message), { qos: 1 });
}

const QUOTE = { sid: 'GOOG', quote: 345 };

for (const [broker, start, skip] of BROKERS) {
  test(`inputs and refusals are counted by kind and by code, from 0, at ${broker}`, { skip }, async (t) => {
    const { url } = await start(t);
    const { address } = await startBackend(t, new FakeService(['quotes', 'data/news/#']).methods());
    const { registry } = await startBridge(t, url, address);
    const value = (/** @type {string} */ sample) => valueOf(registry, sample);
    assert.equal(await value('inputs_received_total{kind="quote"}'), 0);
    assert.equal(await value('refused_total{code="quote_missing"}'), 0);
    assert.equal(await value('channel_last_input_timestamp_seconds{channel="data/news/#"}'), 0);
    const publish = await publisher(t, url);
    const begun = Date.now();
    await publish('quotes', [QUOTE, QUOTE]);
    await publish('quotes', { sid: 'GOOG' });
    await publish('commands/mine', { command: 'halt', reason: 'lunch' });
    await publish('commands/mine', { command: 'dance' });
    await until(async () => (await value('refused_total{code="command_unknown"}')) === 1);
    await until(async () => (await value('inputs_decided_total{kind="command"}')) === 1);
    assert.equal(await value('refused_total{code="quote_missing"}'), 1);
    assert.equal(await value('inputs_received_total{kind="quote"}'), 2);
    assert.equal(await value('inputs_received_total{kind="command"}'), 1);
    assert.equal(await value('commands_total{command="halt"}'), 1);
    assert.equal(await value('inputs_received_total{kind="data"}'), 0);
    const quoteAt = 1000 * Number(await value('channel_last_input_timestamp_seconds{channel="quotes"}'));
    assert.ok(quoteAt >= begun - 1 && quoteAt <= Date.now() + 1, `${quoteAt}`);
    await publish('data/news/today', { value: 1 });
    await until(async () => (await value('inputs_decided_total{kind="data"}')) === 1);
    assert.ok(Number(await value('channel_last_input_timestamp_seconds{channel="data/news/#"}')) * 1000 >= begun - 1);
  });
}

test('decisions, failures, orders and fills are counted, and each call with its size', async (t) => {
  const { url } = await startBroker(t);
  const decide = (/** @type {any} */ { quote, sid }) => {
    if (quote === 13) return { error: 'ValueError: unlucky', traceback: '' };
    const order = JSON.stringify({ sid, side: 'buy', quantity: 1 });
    return { orders: [order, order], fills: [order] };
  };
  const { address } = await startBackend(t, {
    initialize: () => ['quotes'],
    event: () => null,
    events: (/** @type {any[]} */ inputs) => inputs.map(decide),
  });
  const { registry } = await startBridge(t, url, address);
  const value = (/** @type {string} */ sample) => valueOf(registry, sample);
  assert.equal(await value('call_inputs_count'), 0);
  const publish = await publisher(t, url);
  await publish('quotes', [QUOTE, { ...QUOTE, quote: 13 }, QUOTE]);
  await until(async () => (await value('order_latency_seconds_count')) === 1);
  assert.equal(await value('inputs_decided_total{kind="quote"}'), 2);
  assert.equal(await value('failures_total'), 1);
  assert.equal(await value('orders_total'), 4);
  assert.equal(await value('fills_total'), 2);
  assert.equal(await value('call_inputs_count'), 1);
  assert.equal(await value('call_inputs_sum'), 3);
  assert.equal(await value('call_seconds_count'), 1);
  const latency = Number(await value('order_latency_seconds_sum'));
  assert.ok(latency > 0 && latency >= Number(await value('call_seconds_sum')));
});

test('what a person has to know about the inputs is counted, from 0', async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, new FakeService().methods());
  const { bridge, registry } = await startBridge(t, url, address);
  const value = (/** @type {string} */ sample) => valueOf(registry, sample);
  for (const name of ['session_taken_total', 'feed_gaps_total', 'feed_missing_total']) {
    assert.equal(await value(name), 0);
  }
  const notices = bridge.notices.of('mine');
  notices.sessionTaken += 1;
  notices.feedGaps += 2;
  notices.feedMissing += 3;
  bridge.notices.brokerDropped += 4;
  assert.equal(await value('session_taken_total'), 1);
  assert.equal(await value('feed_gaps_total'), 2);
  assert.equal(await value('feed_missing_total'), 3);
  assert.match(await registry.metrics(), /^tickwire_bridge_broker_dropped_total 4$/m);
});

test(
  'quotes that tell when they were published are followed to their confirmed orders',
  { skip: BROKERS[1][2] },
  async (t) => {
    const { url } = await BROKERS[1][1](t);
    const { address } = await startBackend(t, new FakeService(['quotes', 'data/news']).methods());
    const { registry } = await startBridge(t, url, address);
    const value = (/** @type {string} */ sample) => valueOf(registry, sample);
    assert.equal(await value('publish_latency_seconds_count'), 0);
    const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
    t.after(() => client.endAsync());
    const publish = (/** @type {string} */ topic, /** @type {number | undefined} */ at) => {
      const properties = at === undefined ? {} : { userProperties: { published: String(at) } };
      return client.publishAsync(topic, JSON.stringify(QUOTE), { qos: 1, properties });
    };
    await publish('quotes', undefined);
    await publish('data/news', Date.now());
    await publish('quotes', Date.now() + 3_600_000); // its clock is ahead
    await publish('quotes', Date.now() - 60_000);
    await until(async () => (await value('publish_latency_seconds_count')) === 2);
    const sum = Number(await value('publish_latency_seconds_sum'));
    assert.ok(sum >= 60 && sum < 3600, String(sum));
  },
);

test('what waits for a backend is shown as its queue, and in the budget', async (t) => {
  const { url } = await startBroker(t);
  const service = new FakeService();
  const gate = new Deferred();
  service.gate = gate.promise;
  const { address } = await startBackend(t, service.methods());
  const { registry } = await startBridge(t, url, address);
  const value = (/** @type {string} */ sample) => valueOf(registry, sample);
  assert.equal(await value('queue_inputs'), 0);
  const publish = await publisher(t, url);
  await publish('quotes', QUOTE);
  await service.calls.until(1);
  await publish('quotes', [QUOTE, QUOTE, QUOTE]);
  await until(async () => (await value('queue_inputs')) === 3);
  assert.equal(await value('queue_bytes'), JSON.stringify([QUOTE, QUOTE, QUOTE]).length);
  const used = /^tickwire_bridge_budget_used_bytes (\d+)$/m.exec(await registry.metrics())?.[1];
  assert.ok(Number(used) > 3 * JSON.stringify(QUOTE).length, used);
  gate.resolve();
  await until(async () => (await value('queue_inputs')) === 0);
});

test('a backend that comes again, and a broker that does, count as reconnects', async (t) => {
  const broker = await startBroker(t);
  const methods = new FakeService().methods();
  const { address, stop } = await startBackend(t, methods);
  const { registry, bridge } = await startBridge(t, broker.url, address);
  const value = (/** @type {string} */ sample) => valueOf(registry, sample);
  assert.equal(await value('backend_ready'), 1);
  await until(async () => (await value('claims_total{outcome="claimed"}')) === 1);
  stop();
  await until(async () => (await value('backend_ready')) === 0);
  assert.match(await registry.metrics(), /^tickwire_ready 0$/m);
  await startBackend(t, methods, address);
  await until(async () => (await value('backend_ready')) === 1);
  assert.equal(await value('backend_reconnects_total'), 1);
  assert.match(await registry.metrics(), /^tickwire_mqtt_connected 1$/m);
  assert.match(await registry.metrics(), /^tickwire_mqtt_reconnects_total 0$/m);
  broker.cut();
  // quotes, commands, questions and orders: each at least once
  await until(async () => /^tickwire_mqtt_reconnects_total ([4-9]|\d\d+)$/m.test(await registry.metrics()));
  await until(() => bridge.missing.length === 0);
  assert.match(await registry.metrics(), /^tickwire_mqtt_connected 1$/m);
  assert.equal(await value('claims_total{outcome="claimed"}'), 1);
});

test('an announced algorithm that is lost is shown as not ready until it is back or has ended', async (t) => {
  const { url } = await startBroker(t);
  const { registry, lines } = discover(t, url);
  const { announce } = await connect(t, url);
  const [a, b] = [await startService(t, 'a'), await startService(t, 'b')];
  await announce('a', a.address);
  await announce('b', b.address);
  const ready = async () =>
    Array.from(
      (await registry.metrics()).matchAll(/^tickwire_bridge_backend_ready\{algo="(\w)"\} (\d)$/gm),
      ([, ...pair]) => pair.join(),
    ).sort();
  await until(async () => `${await ready()}` === 'a,1,b,1');
  await a.stop();
  await announce('a', a.address, { state: 'lost' });
  await until(() => lines.some(({ text }) => text.includes('the quotes of a wait at the broker')));
  await until(async () => `${await ready()}` === 'a,0,b,1');
  await announce('a', a.address, { state: 'offline' });
  await until(async () => `${await ready()}` === 'b,1');
});

test(
  'while no more files can be opened, all other metrics are told',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const registry = createRegistry('bridge', '1.0');
    t.mock.method(fs, 'readdirSync', () => {
      throw new Error('EMFILE: too many open files');
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    const text = await registry.metrics();
    assert.match(text, /^tickwire_build_info/m);
    assert.match(text, /^process_open_fds NaN$/im);
  },
);

test('when the clock is set, the last input stays as long ago as it is', (t) => {
  const times = new ChannelTimes();
  times.set(['quotes', 'trades/#']);
  times.heard('trades/a', performance.now());
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000_000 });
  const [[, quotes], [channel, trades]] = times.read();
  assert.equal(quotes, 0);
  assert.equal(channel, 'trades/#');
  assert.ok(Math.abs(trades - 1_000_000) < 60, `${trades}`);
});

test('a channel that an algorithm keeps keeps its time, and at most 100 are shown', () => {
  const times = new ChannelTimes();
  times.set(['quotes']);
  times.heard('quotes', performance.now());
  times.set(['quotes', ...Array.from({ length: 200 }, (_, n) => `data/${n}`)]);
  const shown = [...times.read()];
  assert.equal(shown.length, 100);
  assert.ok(shown[0][1] > 0);
});

test('log lines of the levels warning and error are counted', async () => {
  const registry = createRegistry('bridge', '1.0');
  const count = addLogLines(registry);
  for (const level of ['debug', 'info', 'warning', 'error', 'error']) count(level);
  const text = await registry.metrics();
  assert.match(text, /^tickwire_log_lines_total\{level="warning"\} 1$/m);
  assert.match(text, /^tickwire_log_lines_total\{level="error"\} 2$/m);
  assert.doesNotMatch(text, /level="info"/);
});

test('the codes of refusals are those of the contract', () => {
  const contract = JSON.parse(readFileSync(new URL('../../contracts/refusals.json', import.meta.url), 'utf8'));
  assert.deepEqual(CODES, Object.keys(contract.codes));
});

/** The registries of the commands, with the sections of the page that describe them. */
const SERVED = Object.entries({ bridge: bridgeRegistry(), broker: brokerRegistry() });

function bridgeRegistry() {
  const registry = createRegistry('bridge', '1.0');
  addLogLines(registry);
  new Bridge([{ address: 'tcp://127.0.0.1:1', params: {} }], brokerAt('mqtt://127.0.0.1:1'), registry, '1.0');
  return { registry, sections: ['Every process', 'Every process with a broker', 'bridge-node'] };
}

function brokerRegistry() {
  const registry = createRegistry('broker', '1.0');
  addLogLines(registry);
  addReady(registry, () => true);
  addBroker(registry, { clients: 0, messages: 0 });
  return { registry, sections: ['Every process', 'bridge-node broker'] };
}

for (const [name, { registry, sections }] of SERVED) {
  test(`what a ${name} serves are the metrics that the page has, with their labels, and no others`, () => {
    const served = registry.getMetricsAsArray().map((metric) => {
      const { type, labelNames } = /** @type {any} */ (metric);
      return `${metric.name} ${type} ${labelNames.join()}`;
    });
    assert.deepEqual(served.sort(), described(sections).sort());
  });
}

/** @param {string[]} sections  of docs/reference/metrics.md */
function described(sections) {
  const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
  return sections.flatMap((title) => {
    const [, text] = page.split(`\n## ${title}\n`);
    const rows = text.split('\n## ')[0].matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm);
    return [...rows].map(([, name, type, labels]) => `${name} ${type} ${labels.replaceAll(/[` ]/g, '')}`);
  });
}

const promtool = findPromtool();
const MISSING = 'promtool is not installed: `apt-get install prometheus` to run this test';

test('promtool finds nothing to criticise', { skip: promtool ? false : MISSING }, async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, new FakeService().methods());
  const { registry } = await startBridge(t, url, address);
  for (const each of [registry, brokerRegistry().registry]) {
    const { status, stdout, stderr } = spawnSync(String(promtool), ['check', 'metrics'], {
      input: await each.metrics(),
      encoding: 'utf8',
    });
    assert.equal(stdout + stderr, '');
    assert.equal(status, 0);
  }
});

/** The path of promtool, or undefined where it is not installed. */
function findPromtool() {
  try {
    return execFileSync('sh', ['-c', 'command -v promtool'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** What a bridge counts, as its registry shows it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Bridge } from '../src/bridge.js';
import { CODES } from '../src/messages/codes.js';
import { addLogLines, createRegistry } from '../src/metrics/process.js';
import { FakeService, startBackend, startBridge, until } from './fake_backend.js';
import { brokerAt, BROKERS } from './helpers.js';

const ALGO = 'algo="mine"';

/** @param {import('@platformatic/prom-client').Registry} registry @param {string} sample  with its labels */
async function valueOf(registry, sample) {
  const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length));
}

test('the codes of refusals are those of the contract', () => {
  const contract = JSON.parse(readFileSync(new URL('../../contracts/refusals.json', import.meta.url), 'utf8'));
  assert.deepEqual(CODES, Object.keys(contract.codes));
});

for (const [broker, start, skip] of BROKERS) {
  test(`inputs and refusals are counted by kind and by code, from 0, at ${broker}`, { skip }, async (t) => {
    const { url } = await start(t);
    const { address } = await startBackend(t, new FakeService(['quotes', 'data/news']).methods());
    const { registry } = await startBridge(t, url, address);
    /** @param {string} name @param {string} labels */
    const count = (name, labels) => valueOf(registry, `tickwire_bridge_${name}_total{${ALGO},${labels}}`);
    assert.equal(await count('inputs_received', 'kind="quote"'), 0);
    assert.equal(await count('refused', 'code="quote_missing"'), 0);
    const client = await mqtt.connectAsync(url);
    t.after(() => client.endAsync());
    /** @param {string} topic @param {unknown} message */
    const publish = (topic, message) => client.publishAsync(topic, JSON.stringify(message), { qos: 1 });
    await publish('quotes', [
      { sid: 'GOOG', quote: 1 },
      { sid: 'GOOG', quote: 2 },
    ]);
    await publish('quotes', { sid: 'GOOG' });
    await publish('data/news', { value: 1 });
    await publish('commands/mine', { command: 'halt', reason: 'lunch' });
    await publish('commands/mine', { command: 'dance' });
    await until(async () => (await count('refused', 'code="command_unknown"')) === 1);
    assert.equal(await count('refused', 'code="quote_missing"'), 1);
    assert.equal(await count('inputs_received', 'kind="quote"'), 2);
    assert.equal(await count('inputs_received', 'kind="data"'), 1);
    assert.equal(await count('inputs_received', 'kind="command"'), 1);
  });
}

test('what is served are the metrics that the page has, and no others', async () => {
  const registry = createRegistry('bridge', '1.0');
  addLogLines(registry);
  new Bridge([{ address: 'tcp://127.0.0.1:1', params: {} }], brokerAt('mqtt://127.0.0.1:1'), registry);
  const served = (await registry.getMetricsAsJSON()).map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(served.sort(), described('Every process', 'bridge-node').sort());
});

/** @param {...string} sections  of docs/reference/metrics.md */
function described(...sections) {
  const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
  return sections.flatMap((title) => {
    const [, text] = page.split(`\n## ${title}\n`);
    const rows = text.split('\n## ')[0].matchAll(/^\| `([a-z_]+)` \| (\w+) \|/gm);
    return [...rows].map(([, name, type]) => `${name} ${type}`);
  });
}

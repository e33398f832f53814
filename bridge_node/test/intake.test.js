/** What a route keeps of the messages that it has read. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Registry } from '@platformatic/prom-client';

import { BridgeMetrics } from '../src/metrics/bridge_metrics.js';
import { Message } from '../src/mqtt/message.js';
import { FeedGaps } from '../src/route/feed_gaps.js';
import { Intake } from '../src/route/intake.js';
import { Notices } from '../src/route/notices.js';
import { MemoryBudget } from '../src/support/memory_budget.js';
import { now } from '../src/support/moment.js';
import { pack } from '../zerorpc/index.js';
import { brokerAt, keptLog } from './helpers.js';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

const MAX_BYTES = 1024 * 1024;

/** @param {MemoryBudget} budget */
function intakeOf(budget) {
  const { log } = keptLog();
  const notices = new Notices();
  const meter = new BridgeMetrics(new Registry(), budget, brokerAt('mqtt://127.0.0.1:1'), notices).meter();
  const gaps = new FeedGaps(log, notices.of('x'));
  const share = budget.share();
  const intake = new Intake(undefined, assert.fail, meter, gaps, { ...log, isLevelEnabled: () => false });
  return (/** @type {string} */ topic, /** @type {unknown} */ content) => {
    const message = new Message(topic, Buffer.from(JSON.stringify(content)), 1, now(), share);
    const waiting = intake.read(message);
    assert.ok(waiting);
    message.abridge();
    return waiting;
  };
}

/** Contents as large as a message may be that take most memory decoded, or encoded. @type {[string, Record<string, unknown>][]} */
const LARGE = [
  ['60,000 fields', Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`f${n}`, n / 8]))],
  ['empty maps', { list: Array(99_000).fill({}) }],
  ['numbers', { list: Array(95_000).fill(0.12345678) }],
  ['a text', { note: 'x'.repeat(MAX_BYTES - 100) }],
];

for (const [what, fields] of LARGE) {
  test(`of a message as large as may be, with ${what}, what is sent is kept, in few bytes, and counts as that`, () => {
    pack('x'.repeat(3 * MAX_BYTES)); // the encoder keeps its memory
    const budget = new MemoryBudget();
    const read = intakeOf(budget);
    for (const [topic, own] of /** @type {[string, Record<string, unknown>][]} */ ([
      ['quotes', { sid: 'GOOG', quote: 345.5, ts: 1e9, id: 'a' }],
      ['data/x', { ts: 1e9, id: 'a' }],
    ])) {
      read(topic, { ...own, ...fields }).message.acknowledge(); // V8 keeps something of what it has seen once
      collectGarbage();
      const before = held();
      const { message, inputs } = read(topic, { ...own, ...fields });
      collectGarbage();
      assert.ok(held() - before < 3 * MAX_BYTES, `${held() - before} bytes`);
      assert.ok(budget.held < 5 * MAX_BYTES, `${budget.held} bytes counted`);
      const [input] = /** @type {any[]} */ (inputs);
      assert.equal(Buffer.compare(input.bytes, pack({ ...own, channel: topic, ...fields })), 0);
      for (const field of ['id', 'ts', 'sid', 'quote']) assert.equal(input[field], own[field]);
      message.acknowledge();
      assert.equal(budget.held, 0);
    }
  });
}

test('a thousand prices of few bytes count as the quotes that they become', () => {
  const budget = new MemoryBudget();
  const prices = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`s${n}`, 1]));
  const { message, inputs } = intakeOf(budget)('quotes', prices);
  assert.equal(inputs.length, 1000);
  assert.ok(budget.held > 100_000, `${budget.held}`);
  message.acknowledge();
  assert.equal(budget.held, 0);
});

test('an array of a thousand quotes with ten fields each stays decoded', () => {
  const fields = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`f${n}`, n / 8]));
  const quotes = Array.from({ length: 1000 }, (_, n) => ({ sid: 'GOOG', quote: 345.5, id: String(n), ...fields }));
  const { inputs } = intakeOf(new MemoryBudget())('quotes', quotes);
  assert.deepEqual(inputs[999], { ...quotes[999], channel: 'quotes' });
});

/** Bytes of the heap, and beside it. */
function held() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

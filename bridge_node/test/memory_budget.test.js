import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryBudget } from '../src/support/memory_budget.js';

/** As which it counts. */
const COUNTED = 3256;

/**
 * Shares, and which of them are full.
 * @param {MemoryBudget} budget
 * @param {number} count
 */
function shares(budget, count) {
  /** @type {boolean[]} */
  const full = Array(count).fill(false);
  const list = full.map((_, n) => budget.share((isFull) => (full[n] = isFull)));
  return { list, full };
}

/**
 * Hold messages until it is full; at most a thousand.
 * @param {import('../src/support/memory_budget.js').Share} share
 * @param {() => boolean} isFull
 */
function fill(share, isFull) {
  let messages = 0;
  for (; messages < 1000 && !isFull(); messages++) share.hold(COUNTED);
  return messages;
}

test('a share that is alone holds the whole budget', () => {
  const budget = new MemoryBudget(100_000);
  const { list, full } = shares(budget, 1);
  fill(list[0], () => full[0]);
  assert.ok(budget.held > 100_000 && budget.held <= 100_000 + COUNTED, `${budget.held}`);
});

test('fifty shares that are filled hold no more than the budget and half of it', () => {
  const budget = new MemoryBudget(1_000_000);
  const { list, full } = shares(budget, 50);
  list.forEach((share, n) => fill(share, () => full[n]));
  assert.deepEqual(new Set(full), new Set([true]));
  assert.ok(budget.held < 1_500_000 + 50 * COUNTED, `${budget.held}`);
});

test('a share is not full below its part, whatever the others hold', () => {
  const budget = new MemoryBudget(100_000);
  const { list, full } = shares(budget, 10);
  fill(list[0], () => full[0]);
  for (const [n, share] of list.entries()) {
    if (n === 0) continue;
    share.hold(COUNTED);
    assert.equal(full[n], false);
    share.release(COUNTED);
  }
  assert.equal(full[0], true);
});

test('a share is no longer full when it, or the others, have released enough', () => {
  const budget = new MemoryBudget(100_000);
  const { list, full } = shares(budget, 2);
  const first = fill(list[0], () => full[0]);
  const second = fill(list[1], () => full[1]);
  assert.deepEqual(full, [true, true]);
  for (let n = 0; n < second; n++) list[1].release(COUNTED);
  assert.deepEqual(full, [true, false]);
  for (let n = 0; n < first && full[0]; n++) list[0].release(COUNTED);
  assert.deepEqual(full, [false, false]);
  assert.ok(budget.held > 0);
});

test('a share that is closed holds nothing, and what it held is released once', () => {
  const budget = new MemoryBudget(100_000);
  const { list, full } = shares(budget, 2);
  fill(list[0], () => full[0]);
  list[0].close();
  assert.equal(budget.held, 0);
  list[0].release(COUNTED);
  list[0].hold(COUNTED);
  assert.equal(budget.held, 0);
});

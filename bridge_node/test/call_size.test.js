import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallSize } from '../src/backend/call_size.js';

/**
 * The sizes of full calls to an algorithm, one after the other.
 * @param {number} overhead  ms of each call
 * @param {number} perQuote  ms
 */
function sizes(overhead, perQuote) {
  const size = new CallSize();
  return Array.from({ length: 14 }, () => {
    const { quotes } = size;
    size.learn(quotes, overhead + quotes * perQuote);
    return quotes;
  });
}

test('calls to a fast algorithm grow to 1,000 quotes, even where each call costs much', () => {
  assert.equal(sizes(0.5, 0.02).at(-1), 1000);
  assert.equal(sizes(20, 0.05).at(-1), 1000);
});

test('a call to an algorithm of 20 ms for each quote takes about 100 ms', () => {
  assert.deepEqual(sizes(1, 20).slice(0, 4), [25, 4, 5, 5]);
});

test('calls that take long whatever they carry do not shrink for it', () => {
  const carried = sizes(500, 0.05).slice(8);
  assert.ok(Math.min(...carried) >= 50, `${carried}`);
});

test('one that takes longer than that for a quote gets one at a time', () => {
  assert.equal(sizes(1, 3000).at(-1), 1);
});

test('a call that was held up once is soon forgotten', () => {
  const size = new CallSize();
  for (let n = 0; n < 10; n++) size.learn(size.quotes, 10);
  size.learn(1000, 60_000);
  assert.equal(size.quotes, 1);
  for (let n = 0; n < 12; n++) size.learn(size.quotes, 1);
  assert.equal(size.quotes, 1000);
});

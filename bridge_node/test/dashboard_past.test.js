/** What the page asks for, and what it makes of the answers. */

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';

import { AskError, UNHEARD } from '../dashboard/ask.js';
import { Past } from '../dashboard/past.js';
import { joined } from '../dashboard/points.js';
import { profitToday } from '../dashboard/profit.js';
import { Store } from '../dashboard/store.js';

/** @param {(algo: string, query: string) => Promise<any>} query */
const pastOf = (query) => new Past(/** @type {any} */ ({ query }), () => {});

/** All that is waiting. */
async function settled() {
  for (let n = 0; n < 200; n++) await setImmediate();
}

test('few algorithms are asked at a time, one question each, and that of the open view first', async () => {
  /** @type {string[]} */
  const asked = [];
  /** @type {(() => void)[]} */
  const replies = [];
  const past = pastOf((algo) => {
    asked.push(algo);
    return new Promise((resolve) => replies.push(() => resolve({ points: [], orders: [] })));
  });
  for (let n = 0; n < 50; n++) past.wantBrief(`a${n}`);
  assert.deepEqual(asked, ['a0', 'a1', 'a2']);
  past.want('viewed');
  replies[0]();
  await settled();
  assert.deepEqual(asked.slice(3), ['viewed']);
});

test('what waits behind a question that nobody replied to waits no longer', async () => {
  let count = 0;
  const past = pastOf(async () => {
    await setImmediate();
    count += 1;
    throw new AskError(UNHEARD);
  });
  const { now } = Date;
  Date.now = () => now() + count; // time passes
  try {
    past.want('gone');
    await settled();
  } finally {
    Date.now = now;
  }
  assert.equal(count, 1);
  assert.equal(past.answer('gone', 'journal')?.fault, UNHEARD);
});

test('a question that was under way when the connection was lost is asked again at once', async () => {
  /** @type {(() => void)[]} */
  const failures = [];
  let isLost = true;
  const past = pastOf((_, query) => {
    if (!isLost) return Promise.resolve({ orders: [], errors: [], commands: [], points: [], query });
    return new Promise((_resolve, reject) => failures.push(() => reject(new AskError(UNHEARD))));
  });
  past.want('r');
  isLost = false;
  past.forget();
  past.want('r');
  for (const fail of failures) fail();
  await settled();
  assert.equal(past.answer('r', 'equity')?.fault, undefined);
  assert.equal(past.answer('r', 'journal')?.result.query, 'journal');
});

test('an answer of another shape than the contract has it is none', async () => {
  for (const result of [
    null,
    5,
    'text',
    [],
    {},
    { orders: null },
    { orders: [{}] },
    { orders: [{ order: { id: 1 } }] },
  ]) {
    const past = pastOf(async () => result);
    past.want('odd');
    await settled();
    const answer = past.answer('odd', 'orders');
    assert.equal(answer?.result, undefined);
    assert.match(String(answer?.fault), /contract/);
  }
});

test('profit today is since the day of the last quote began, as the page or the journal has seen it', async () => {
  const store = new Store();
  /** @param {number} seq @param {number} equity @param {string} ts */
  const decided = (seq, equity, ts) =>
    store.update([['portfolios/r', JSON.stringify({ seq, equity, last: { sid: 'A', price: 1, ts } }), false, 1]], 0);
  const past = pastOf(async () => ({ since: Date.parse('2024-03-01') / 1000, before: 90 }));
  decided(1, 100, '2024-03-01T10:00:00Z');
  const algo = store.algo('r');
  assert.equal(profitToday(algo, past), undefined);
  past.want('r');
  await settled();
  assert.equal(profitToday(algo, past), 10);
  decided(2, 104, '2024-03-02T10:00:00Z');
  assert.equal(profitToday(algo, past), 4);
  decided(3, 103, '2024-03-02T11:00:00Z');
  assert.equal(profitToday(algo, past), 3);
});

test('a replay that begins again goes on where it is, and not at the end of the journal', () => {
  assert.deepEqual(
    joined(
      [
        [1, 10],
        [5, 50],
        [9, 90],
      ],
      [
        [4, 400],
        [5, 500],
      ],
    ),
    [
      [1, 10],
      [4, 400],
      [5, 500],
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cutBuys } from '../src/route/cut_buys.js';

const HALT = { reason: 'news', by: 'Ann', id: 'h1', since: '2026-11-28T10:00:00.000Z' };
const BUY = { id: 'a', side: 'buy', quantity: 2, price: 10, amount: 20 };

/** @param {unknown[]} orders */
const cut = (...orders) => {
  const texts = orders.map((order) => Buffer.from(JSON.stringify(order)));
  const [outcome] = cutBuys([{ orders: texts, fills: [Buffer.from('{}')] }], HALT);
  if ('error' in outcome) return outcome.error;
  assert.equal(outcome.fills.length, 1);
  return outcome.orders.map((text) => JSON.parse(Buffer.from(text).toString()));
};

test('a buy is cut to nothing, with what was asked and why', () => {
  const refused = { ...BUY, quantity: 0, amount: 0, asked: 20, reason: 'halted by Ann: news' };
  assert.deepEqual(cut(BUY, BUY), [refused, refused]);
});

test('what a limit has cut keeps the amount that was asked, and has both reasons', () => {
  const [order] = cut({ ...BUY, asked: 50, reason: 'max_order: 20 at most' });
  assert.equal(order.asked, 50);
  assert.equal(order.reason, 'max_order: 20 at most; halted by Ann: news');
});

test('sales, refused buys and failures stay as they are', () => {
  const others = [
    { ...BUY, side: 'sell' },
    { ...BUY, quantity: 0, amount: 0, asked: 20, reason: 'max_order' },
  ];
  assert.deepEqual(cut(...others), others);
  const failure = { error: 'E: no' };
  assert.deepEqual(cutBuys([failure], HALT), [failure]);
});

test('an order that cannot be read is not published', () => {
  assert.match(String(cut(null)), /^an order cannot be read while buying is halted by Ann: news: /);
});

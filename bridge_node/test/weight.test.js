import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { readQuotes } from '../src/messages/quote.js';
import { weightOf } from '../src/messages/weight.js';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

let count = 0;

/** @param {object} [others]  fields */
const quote = (others) => ({ sid: 'GOOG', quote: 100.5 + (count % 7), id: String(count++), ...others });

/**
 * @param {number} length
 * @param {(n: number) => unknown} each
 */
const list = (length, each) => Array.from({ length }, (_, n) => each(n));

/** @param {number} length @param {(n: number) => string} name */
const map = (length, name) =>
  Object.fromEntries(list(length, (n) => [name(n), n / 8]).map((each) => /** @type {any} */ (each)));

/** Messages by what they are, each another one at every call. @type {[string, () => unknown][]} */
const MESSAGES = [
  ['a quote', () => quote()],
  ['a quote with a time and ten fields', () => quote({ ts: '2026-01-02T03:04:05Z', ...map(10, (n) => `f${n}`) })],
  ['an array of quotes', () => list(1000, () => quote())],
  ['an array of quotes with ten fields', () => list(1000, () => quote(map(10, (n) => `f${n}`)))],
  ['an array of quotes with names of their own', () => list(1000, () => quote(map(3, (n) => `${count}_${n}`)))],
  ['prices', () => ({ id: String(count++), ...map(1000, (n) => `s${n + 1}`), s1: 1 })],
  ['a quote with names of its own', () => quote(map(300, (n) => `${count}_${n}`))],
  ['60,000 fields', () => quote(map(60_000, (n) => `f${n}`))],
  ['empty maps', () => quote({ list: list(1000, () => ({})) })],
  ['empty lists', () => quote({ list: list(1000, () => []) })],
  ['maps with a name of their own', () => quote({ list: list(1000, (n) => map(1, () => `${count}_${n}`)) })],
  ['maps of one', () => quote({ list: list(1000, () => ({ a: 1.5 })) })],
  ['lists of one', () => quote({ list: list(1000, () => [1.5]) })],
  ['numbers', () => quote({ list: list(1000, () => 0.1) })],
  ['texts', () => quote({ list: list(1000, (n) => `text ${n}`) })],
  ['a long text', () => quote({ note: 'x'.repeat(100_000) })],
];

/**
 * @param {Buffer[]} payloads
 * @returns {{taken: number, counted: number}} bytes of each, decoded
 */
function measured(payloads) {
  let ids = 0;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = payloads.map((payload) => readQuotes('quotes', payload, () => `~${ids++}`));
  collectGarbage();
  const taken = (process.memoryUsage().heapUsed - before) / kept.length;
  return { taken, counted: kept.reduce((sum, quotes) => sum + weightOf(quotes, Infinity), 0) / kept.length };
}

for (const [what, make] of MESSAGES) {
  test(`decoded, ${what} takes no more memory than is counted, and not much less`, () => {
    const size = JSON.stringify(make()).length;
    const payloads = list(Math.min(2000, Math.max(4, Math.floor(1e6 / size))), () =>
      Buffer.from(JSON.stringify(make())),
    );
    // in some turns, for the heap holds what is compiled, and is free of it, meanwhile
    const turns = [1, 2, 3, 4, 5].map(() => measured(/** @type {Buffer[]} */ (payloads)));
    const taken = turns.map((turn) => turn.taken);
    const { counted } = turns[0];
    assert.ok(Math.min(...taken) <= 1.02 * counted, `${taken} bytes, ${counted} counted`);
    assert.ok(counted <= 6 * Math.max(...taken), `${taken} bytes, ${counted} counted`);
  });
}

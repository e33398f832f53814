import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { InvalidTimeError, MessageError } from '../src/support/errors.js';
import { checkTime, instant } from '../src/messages/time.js';

/** @type {{valid: {ts: unknown, ns: string}[], invalid: {ts: unknown, code: string}[]}} */
const table = JSON.parse(readFileSync(new URL('../../contracts/examples/time.json', import.meta.url), 'utf8'));

/**
 * @param {() => unknown} read
 * @returns {InvalidTimeError | undefined}
 */
function refusal(read) {
  try {
    read();
  } catch (error) {
    if (error instanceof InvalidTimeError) return error;
    throw error;
  }
  return undefined;
}

for (const { ts, ns } of table.valid) {
  test(`a time is an instant in nanoseconds: ${JSON.stringify(ts)}`, () => {
    assert.equal(instant(ts), BigInt(ns));
    assert.doesNotThrow(() => checkTime(ts));
  });
}

for (const { ts, code } of table.invalid) {
  test(`an invalid time is refused with the code of the table: ${JSON.stringify(ts)}`, () => {
    for (const read of [instant, checkTime]) {
      const error = refusal(() => read(ts));
      assert.ok(error instanceof MessageError);
      assert.equal(error.code, code);
      assert.match(error.message, /^"ts" is .+: ./s);
    }
  });
}

for (const [shown, ts, code] of /** @type {[string, unknown, string][]} */ ([
  ['null', null, 'time_type'],
  ['NaN', NaN, 'time_type'],
  ['Infinity', JSON.parse('1e999'), 'time_type'],
  ['lists nested too deep to be written', JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)), 'time_type'],
  ['a million digits', '1'.repeat(1_000_000), 'time_range'],
  ['a million digits below zero', `-${'1'.repeat(1_000_000)}`, 'time_range'],
  ['a million digits behind a point', `0.${'0'.repeat(1_000_000)}1`, 'time_range'],
  ['a million letters', `jan${'a'.repeat(1_000_000)}_`, 'time_format'],
])) {
  test(`what no table holds is refused, in a short sentence: ${shown}`, () => {
    const error = refusal(() => instant(ts));
    assert.equal(error?.code, code);
    assert.ok(error.message.length < 300);
  });
}

for (const [ts, sentence] of /** @type {[unknown, string][]} */ ([
  ['01/02/2024', '"ts" is "01/02/2024": it can be read in several ways: a time is ISO 8601 text'],
  ['soon', '"ts" is "soon": a time is ISO 8601 text, such as 2024-01-10T21:55:31Z, or a number'],
  ['2024-02-31', '"ts" is "2024-02-31": there is no such day'],
  ['2024-02-01T24:00', '"ts" is "2024-02-01T24:00": there is no such time of day'],
  [2 ** 53, '"ts" is 9007199254740992: a number of more than 53 bits is not exact: send ISO 8601 text'],
  [true, '"ts" is true: a time is a text or a number'],
])) {
  test(`the sentence names the value and the nearest right answer: ${JSON.stringify(ts)}`, () => {
    assert.equal(refusal(() => instant(ts))?.message, sentence);
  });
}

for (const [ts, guess] of /** @type {[number, string][]} */ ([
  [2024, 'a year'],
  [45292, 'a day of Excel'],
  [7, 'the number of a row, or an instant near 1970'],
  [-86400, 'seconds of before 1980'],
  [2 ** 53 - 1, 'an instant before 1980 or after 2200'],
])) {
  test(`the error of a number that is not a time says what it might be: ${ts}`, () => {
    assert.ok(refusal(() => instant(ts))?.message.endsWith(`it might be ${guess}`));
  });
}

/** Days that there are and days that there are not, in years whose rules for them differ. */
function* days() {
  const years = [1699, 1700, 1799, 1800, 1899, 1900, 1904, 1999, 2000, 2023, 2024, 2100, 2199, 2200, 2201];
  /** @param {number} n */
  const two = (n) => String(n).padStart(2, '0');
  for (const year of years) {
    for (let month = 0; month < 14; month++) {
      for (let day = 0; day < 33; day++) yield `${year}-${two(month)}-${two(day)}`;
    }
  }
}

for (const tail of ['', 'T23:59:59.999Z', ' 00:00', 'T00:00:00+23:59']) {
  test(`what the bridge takes unread is what the parser takes: "${tail}" behind a date`, () => {
    for (const day of days()) {
      const ts = day + tail;
      assert.equal(refusal(() => checkTime(ts))?.code, refusal(() => instant(ts))?.code, ts);
    }
  });
}

test('numbers near the ends of a range are taken unread as the parser takes them', () => {
  for (const edge of [315_532_800, 7_289_654_400]) {
    for (const size of [1, 1e3, 1e6]) {
      for (const step of [-1, -0.5, 0, 0.5, 1]) {
        const ts = edge * size + step;
        assert.equal(refusal(() => checkTime(ts))?.code, refusal(() => instant(ts))?.code, String(ts));
      }
    }
  }
});

test('a day is the one of the calendar of Date', () => {
  for (let ms = Date.UTC(1700, 0, 1); ms < Date.UTC(2201, 0, 1); ms += 86_400_000) {
    assert.equal(instant(new Date(ms).toISOString().slice(0, 10)), BigInt(ms) * 1_000_000n);
  }
});

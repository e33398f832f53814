/** The record of an algorithm: the contract's examples, and what the schema cannot say. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readRecord } from '../src/discovery/record.js';
import { LIMITS } from '../src/messages/limits.js';
import { RecordError } from '../src/support/errors.js';

const { valid, invalid } = JSON.parse(
  readFileSync(new URL('../../contracts/examples/algo.json', import.meta.url), 'utf8'),
);
const ONLINE = valid[0].message;

/** @param {object} fields */
const raw = (fields) => JSON.stringify({ ...ONLINE, ...fields });

for (const { name, message } of valid) {
  test(`a valid record is read without the fields that are not known: ${name}`, () => {
    const known = Object.fromEntries(Object.keys(ONLINE).map((field) => [field, message[field]]));
    assert.deepEqual(readRecord(Buffer.from(JSON.stringify(message))), known);
  });
}

for (const { name, message } of invalid) {
  test(`an invalid record is refused by a short sentence: ${name}`, () => {
    assert.throws(
      () => readRecord(Buffer.from(JSON.stringify(message))),
      (error) => error instanceof RecordError && error.message.length < 200,
    );
  });
}

for (const [payload, sentence] of /** @type {[string | Buffer, RegExp][]} */ ([
  [Buffer.from([0xff, 0xfe]), /not UTF-8/],
  ['{', /not JSON/],
  ['['.repeat(30_000) + ']'.repeat(30_000), /nested too deep/],
  [raw({ x: 'x'.repeat(LIMITS.record) }), /a record has at most 65536/],
  [`${raw({}).slice(0, -1)}, "name": "other"}`, /"name" .*twice/],
  [raw({ address: 'tcp://algo:4242\n' }), /^"address" is "tcp:\/\/algo:4242\\n": expected an address/],
  [raw({ parameters: { a: [{ b: 17 }] } }).replace('17', 'NaN'), /"parameters" is/],
  [raw({ parameters: { a: 17 } }).replace('17', '1e400'), /"parameters" is/],
  [raw({ name: '\ud800' }), /surrogate/],
])) {
  test(`a payload beyond the schema is refused with the reason: ${sentence}`, () => {
    assert.throws(
      () => readRecord(Buffer.from(payload)),
      (error) => error instanceof RecordError && sentence.test(error.message),
    );
  });
}

/** Messages of strangers, of which one would stop the bridge, or hold it up. What fuzzing has found begins here. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ownerOf, readClaim } from '../src/messages/claim.js';
import { hasExpired, readCommand } from '../src/messages/command.js';
import { parse } from '../src/messages/parse.js';
import { errorRecord } from '../src/route/error_record.js';
import { outputFields } from '../src/route/log_fields.js';
import { readReply } from '../src/route/reply.js';
import { InvalidTimeError, MessageError, shown } from '../src/support/errors.js';
import { didYouMean } from '../src/support/nearest.js';
import { messageOf } from './helpers.js';

/** @param {() => unknown} reading @returns {MessageError} */
function refusalOf(reading) {
  try {
    reading();
  } catch (error) {
    assert.ok(error instanceof MessageError, String(/** @type {Error} */ (error).stack));
    return error;
  }
  return assert.fail('it is read');
}

test('a megabyte of quotation marks behind a NaN is refused, and the time for it grows as its length', () => {
  const { code } = refusalOf(() => parse(Buffer.from(`NaN${'\\"'.repeat(524_000)}`)));
  assert.equal(code, 'not_json');
});

test('a word that is too long to be misspelt is compared with nothing', () => {
  assert.equal(didYouMean('halts', ['halt']), ': did you mean "halt"?');
  assert.equal(didYouMean('x'.repeat(101), ['x'.repeat(100)]), '');
});

test('a command whose expiry would be no time is refused when it is read, not when it is due', () => {
  const asked = { command: 'resume', id: 'r1', ts: '2200-12-31T23:58:59Z' };
  assert.equal(
    hasExpired(
      readCommand('commands/random', asked, () => 'made'),
      Date.now(),
    ),
    false,
  );
  const late = { ...asked, ts: '2200-12-31T23:59:00Z' };
  const error = refusalOf(() => readCommand('commands/random', late, () => 'made'));
  assert.ok(error instanceof InvalidTimeError);
  assert.equal(
    error.message,
    '"ts" is "2200-12-31T23:59:00Z": it would expire 60 seconds later, and a time is of the years 1700 to 2200',
  );
});

test('a claim has a host and a process by the contract, whoever has published it', () => {
  const claim = { instance: 'a', started: 1, host: 'trader', pid: 4711 };
  const read = (/** @type {object} */ fields) => readClaim(Buffer.from(JSON.stringify({ ...claim, ...fields })));
  assert.deepEqual(read({}), claim);
  for (const fields of [{ host: { toString: 1 } }, { host: null }, { pid: {} }, { pid: -1 }, { pid: 1.5 }]) {
    assert.equal(read(fields), undefined, JSON.stringify(fields));
  }
  assert.equal(ownerOf({ ...claim, host: 'x'.repeat(1e6) }).length, 255 + ', process 4711'.length);
});

test('a sentence that shows a part of a message ends with a whole character', () => {
  const long = `${'x'.repeat(78)}😀`;
  assert.equal(shown(long, 80), `"${'x'.repeat(78)}\ufffd…`);
  assert.ok(refusalOf(() => parse(Buffer.from('😀'))).message.isWellFormed());
  const record = errorRecord(
    messageOf(Buffer.from('x')),
    'algorithm',
    `${'x'.repeat(999)}😀`,
    `😀${'x'.repeat(65_535)}`,
  );
  const { reason, traceback } = JSON.parse(record);
  assert.ok(reason.isWellFormed() && traceback.isWellFormed());
});

test('a reply or an order of a backend that is no JSON is not read', () => {
  for (const reply of ['', '{', 'null']) assert.equal(readReply({ reply }), undefined);
  for (const order of ['', '[', 'null']) assert.deepEqual(outputFields('order', order), {});
});

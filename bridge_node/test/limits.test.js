/** contracts/limits.json: the bounds of the contract, and what holds them here. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { DASHBOARD, HTTP } from '../src/http/bounds.js';
import { COUNTS_FOR } from '../src/messages/command.js';
import { LIMITS } from '../src/messages/limits.js';
import { readQuotes } from '../src/messages/quote.js';
import { checkTime } from '../src/messages/time.js';
import { errorRecord } from '../src/route/error_record.js';
import { InvalidTimeError, MessageError } from '../src/support/errors.js';
import { messageOf } from './helpers.js';

const contract = JSON.parse(readFileSync(new URL('../../contracts/limits.json', import.meta.url), 'utf8'));

/** The constants, by the names that the contract has for them. */
const CONSTANTS = {
  'message.bytes': LIMITS.bytes,
  'message.depth': LIMITS.depth,
  'message.shorthand_quotes': LIMITS.quotes,
  'message.array_quotes': LIMITS.quotes,
  'message.array_outputs': LIMITS.outputs,
  'topic.characters': LIMITS.channel,
  'sid.characters': LIMITS.sid,
  'id.characters': LIMITS.id,
  'algorithm.name_characters': LIMITS.name,
  'algorithm.address_characters': LIMITS.address,
  'algorithm.record_bytes': LIMITS.record,
  'command.by_characters': LIMITS.by,
  'command.reason_characters': LIMITS.reason,
  'command.counts_for_seconds': COUNTS_FOR,
  'publication.name_characters': LIMITS.publicationName,
  'publication.bytes': LIMITS.publicationBytes,
  'publication.count': LIMITS.publications,
  'stats.bytes': LIMITS.statsBytes,
  'stats.reasons': LIMITS.statsReasons,
  'query.question_bytes': LIMITS.queryBytes,
  'query.client_characters': LIMITS.client,
  'query.under_way': LIMITS.queries,
  'http.head_bytes': HTTP.head,
  'http.seconds': HTTP.seconds,
  'http.requests_per_second': HTTP.requests,
  'http.scrapes_per_second': HTTP.metrics,
  'dashboard.connections': DASHBOARD.connections,
  'dashboard.answer_seconds': DASHBOARD.answerSeconds,
  'dashboard.files_per_second': DASHBOARD.files,
  'dashboard.files_per_second_on_one_connection': DASHBOARD.filesOfOne,
  'price.maximum': LIMITS.price,
  'quantity.maximum': LIMITS.quantity,
};

for (const [bound, value] of Object.entries(CONSTANTS)) {
  test(`the code holds the bound ${bound}`, () => {
    assert.equal(
      value,
      bound.split('.').reduce((found, name) => found[name], contract),
    );
  });
}

/** @param {unknown} message */
const read = (message) => readQuotes('quotes', Buffer.from(JSON.stringify(message)), () => 'made');

test('a whole number as an id is read up to the bound, and refused beyond it', () => {
  const { maximum } = contract.whole_number;
  assert.equal(read({ sid: 'A', quote: 1, id: maximum })[0].id, String(maximum));
  assert.throws(() => read({ sid: 'A', quote: 1, id: maximum + 1 }), MessageError);
});

test('the years of a time are the first to the last', () => {
  const { first_year: first, last_year: last } = contract.time;
  checkTime(`${first}-01-01`);
  checkTime(`${last}-12-31T23:59:59Z`);
  for (const year of [first - 1, last + 1]) assert.throws(() => checkTime(`${year}-06-30`), InvalidTimeError);
});

test('the record of an error holds the first bytes of the message, and as much of the reason and the traceback', () => {
  const { payload_bytes, reason_characters, traceback_characters } = contract.error;
  const long = 'x'.repeat(2 * payload_bytes);
  const record = JSON.parse(errorRecord(messageOf(Buffer.from(long)), 'algorithm', long, long));
  assert.equal(Buffer.from(record.payload_base64, 'base64').length, payload_bytes);
  assert.equal(record.reason.length, reason_characters);
  assert.equal(record.traceback.length, traceback_characters);
});

/** contracts/limits.json: the bounds of the contract, and what holds them here. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { DASHBOARD, HTTP } from '../src/http/bounds.js';
import { BROKER } from '../src/mqtt/broker_bounds.js';
import { COUNTS_FOR } from '../src/messages/command.js';
import { LIMITS } from '../src/messages/limits.js';
import { readQuotes } from '../src/messages/quote.js';
import { checkTime } from '../src/messages/time.js';
import { RELAY } from '../src/relay/bounds.js';
import { errorRecord } from '../src/route/error_record.js';
import { InvalidTimeError, MessageError } from '../src/support/errors.js';
import { messageOf } from './helpers.js';

const contract = JSON.parse(readFileSync(new URL('../../contracts/limits.json', import.meta.url), 'utf8'));

/** The constants, by the names that the contract has for them. */
const CONSTANTS = {
  'message.bytes': LIMITS.bytes,
  'message.depth': LIMITS.depth,
  'message.values': LIMITS.values,
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
  'relay.pages': RELAY.pages,
  'relay.pages_of_viewers': RELAY.viewers,
  'relay.waiting_pages': RELAY.waiting,
  'relay.token_seconds': RELAY.tokenSeconds,
  'relay.frame_bytes': RELAY.frameBytes,
  'relay.frames_per_second': RELAY.frames,
  'relay.filters': RELAY.filters,
  'relay.message_bytes': RELAY.keptBytes,
  'relay.quote_bytes': RELAY.otherBytes,
  'relay.unread_bytes': RELAY.unread,
  'relay.unread_bytes_of_all': RELAY.unreadOfAll,
  'embedded_broker.packet_bytes': BROKER.packet,
  'embedded_broker.first_packet_bytes': BROKER.firstPacket,
  'embedded_broker.connections': BROKER.connections,
  'embedded_broker.waiting_connections': BROKER.waiting,
  'embedded_broker.seconds': BROKER.seconds,
  'embedded_broker.filters': BROKER.filters,
  'embedded_broker.sessions': BROKER.sessions,
  'embedded_broker.unread_bytes': BROKER.unread,
  'embedded_broker.unread_bytes_of_all': BROKER.unreadOfAll,
  'embedded_broker.queued_bytes': BROKER.queued,
  'embedded_broker.retained': BROKER.retained,
  'embedded_broker.retained_bytes': BROKER.retainedBytes,
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

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MessageError, UserError } from '../src/support/errors.js';
import { parseFields } from '../src/messages/fields.js';
import { Instruments } from '../src/messages/instruments.js';
import { readQuotes } from '../src/messages/quote.js';

let ids = 0;
/**
 * @param {string} fields
 * @param {unknown} message
 * @param {string} [channel]
 */
const readWith = (fields, message, channel = 'quotes') =>
  readQuotes(channel, Buffer.from(JSON.stringify(message)), () => `~${ids++}`, {
    fields: parseFields(fields),
    symbols: undefined,
  });

const TRADE = { e: 'trade', s: 'COINUSDT', t: 12345, p: '42000.10', T: 1700000000120 };

/** @type {[string, unknown, object][]} */
const READ = [
  ['sid=s,quote=p,ts=T,id=s+t', TRADE, { sid: 'COINUSDT', quote: 42000.1, ts: 1700000000120, id: 'COINUSDT:12345' }],
  // an id that does not hold the symbol is one of that symbol
  ['sid=s,quote=p,id=t', TRADE, { sid: 'COINUSDT', quote: 42000.1, id: 'COINUSDT:12345' }],
  ['sid=data.s,quote=data.p,id=data.i', { data: { s: 'A', p: 1, i: 'A-7' } }, { sid: 'A', quote: 1, id: 'A-7' }],
  // a name that holds a dot is not a path
  ['sid=data.s,quote=p', { 'data.s': 'A', p: 1, id: 'A' }, { sid: 'A', quote: 1, id: 'A' }],
  // what --fields does not name is read as ever
  ['quote=a', { symbol: 'A', a: 2, time: '2024-01-10', id: 'A1' }, { sid: 'A', quote: 2, ts: '2024-01-10', id: 'A1' }],
  ['sid=s,quote=p', { s: 'A', p: 1, sid: 'other', quote: 'USDT', id: 'A' }, { sid: 'A', quote: 1, id: 'A' }],
  ['sid=s,quote=p,ts=T', { s: 'A', p: 1, T: null, id: 'A' }, { sid: 'A', quote: 1, id: 'A' }],
  ['sid=m+s,quote=p', { m: 'NYSE', s: 7, p: 1, id: 'NYSE:7' }, { sid: 'NYSE:7', quote: 1, id: 'NYSE:7' }],
];
for (const [fields, message, expected] of READ) {
  test(`--fields ${fields} reads ${JSON.stringify(message)}`, () => {
    const [{ channel, ...quote }] = readWith(fields, message);
    assert.deepEqual({ ...quote, ...expected }, quote);
    assert.equal(channel, 'quotes');
    assert.equal('ts' in quote, 'ts' in expected);
  });
}

test('all elements of an array are read by --fields, and the raw fields stay', () => {
  const quotes = readWith('sid=S,quote=p,ts=t', [{ T: 't', S: 'GOOG', p: 345.1, s: 100, t: '2024-01-10T21:55:31Z' }]);
  assert.deepEqual(
    { ...quotes[0], id: '' },
    {
      sid: 'GOOG',
      quote: 345.1,
      ts: '2024-01-10T21:55:31Z',
      id: '',
      channel: 'quotes',
      T: 't',
      S: 'GOOG',
      p: 345.1,
      s: 100,
      t: '2024-01-10T21:55:31Z',
    },
  );
});

/** @type {[string, unknown, string, string][]} */
const REFUSED = [
  ['sid=s,quote=p', { sid: 'GOOG', quote: 1 }, 'field_missing', '"s" is missing, which --fields names for sid'],
  ['sid=s,quote=p,id=s+t', { s: 'A', p: 1 }, 'field_missing', '"t" is missing, which --fields names for id'],
  ['sid=data.s,quote=p', { data: ['A'], p: 1 }, 'field_missing', '"data.s" is missing'],
  ['quote=p', { p: 1 }, 'sid_missing', '"sid" is missing, and --fields does not name it'],
  ['sid=s', { s: 'A' }, 'quote_missing', '"quote" is missing, and --fields does not name it'],
  ['sid=s,quote=p,id=s+t', { s: 'A', p: 1, t: 0.5 }, 'id_type', '"t" is 0.5'],
  ['sid=s,quote=p,id=t', { s: 'A', p: 1, t: 2 ** 60 }, 'number_unsafe', '"id" is'],
];
for (const [fields, message, code, sentence] of REFUSED) {
  test(`--fields ${fields} refuses ${JSON.stringify(message)} as ${code}`, () => {
    assert.throws(
      () => readWith(fields, message),
      (error) => error instanceof MessageError && error.code === code && error.message.includes(sentence),
    );
  });
}

test('a mapping for a channel counts there, one without a channel everywhere else', () => {
  const fields = 'trades/#:sid=s,quote=p; sid=S,quote=P';
  assert.equal(readWith(fields, { s: 'a', p: 1, S: 'b', P: 2 }, 'trades/x')[0].sid, 'a');
  assert.equal(readWith(fields, { s: 'a', p: 1, S: 'b', P: 2 }, 'quotes')[0].sid, 'b');
  assert.equal(readWith('trades/#:sid=s,quote=p', { goog: 3.45 })[0].sid, 'goog');
});

for (const [text, sentence] of [
  ['sid', '"sid" names no field; expected sid=s,quote=p,ts=T,id=s+t'],
  ['sid=', 'names no field'],
  ['sdi=s', 'is for no field of a quote, which are sid, quote, ts, id: did you mean "sid"?'],
  ['data/x:sid=s', '"data/x" carries data, which is passed on as it is'],
  ['sid=s,sid=S', 'names the field for sid a second time'],
  ['ts=day+time', 'joins fields, which makes a sid or an id, and no ts'],
]) {
  test(`--fields ${text} is refused with a sentence`, () => {
    assert.throws(
      () => parseFields(text),
      (error) => error instanceof UserError && error.message.includes(sentence),
    );
  });
}

test('with --symbols a message with another instrument is refused as a whole', () => {
  const rules = { fields: [], symbols: new Set(['goog', 'aapl']) };
  const take = (/** @type {string} */ text) => readQuotes('quotes', Buffer.from(text), () => 'x', rules);
  assert.equal(take('{"goog": 1, "aapl": 2}').length, 2);
  for (const text of ['{"goog": 1, "msft": 2}', '{"sid": "GOOG", "quote": 1}', '[{"goog": 1}, {"battery2": 99}]']) {
    assert.throws(
      () => take(text),
      (error) => error instanceof MessageError && error.code === 'other_symbol',
    );
  }
  assert.throws(() => take('{"GOOG": 1}'), /did you mean "goog"\? upper and lower case are not the same/);
  assert.throws(() => take('{"googl": 1}'), /"googl" is not among the instruments of --symbols: did you mean "goog"\?/);
});

test('the first quote of each instrument is new, until there are too many to remember', () => {
  const instruments = new Instruments();
  assert.deepEqual(
    ['a', 'b', 'a'].map((sid) => instruments.isNew(sid)),
    [true, true, false],
  );
  for (let n = 0; n < 20_000; n++) instruments.isNew(String(n));
  assert.equal(instruments.isNew('another'), false);
  assert.equal(instruments.isNew('a'), false);
});

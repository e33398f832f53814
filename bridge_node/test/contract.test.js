import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';

import { errorRecord } from '../src/route/error_record.js';
import { MessageError } from '../src/support/errors.js';
import { completeOrders } from '../src/backend/order.js';
import { LETTERS, NAMES } from '../src/messages/field_names.js';
import { EXAMPLE, idOf, readCommand } from '../src/messages/command.js';
import { LIMITS } from '../src/messages/limits.js';
import { parseMap } from '../src/messages/map.js';
import { readQuery } from '../src/messages/query.js';
import { readQuotes } from '../src/messages/quote.js';
import { messageOf } from './helpers.js';

const contracts = new URL('../../contracts/', import.meta.url);
/** @param {string} name */
const read = (name) => JSON.parse(readFileSync(new URL(name, contracts), 'utf8'));

const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: false, strictRequired: false });
for (const file of readdirSync(contracts).filter((name) => name.endsWith('.schema.json'))) {
  ajv.addSchema(read(file), file.replace('.schema.json', ''));
}
/** @param {string} name */
const passes = (name) => /** @type {(value: unknown) => boolean} */ (ajv.getSchema(name));

/** @param {{payload?: string, payload_base64?: string}} example */
const payloadOf = (example) =>
  example.payload === undefined ? Buffer.from(example.payload_base64 ?? '', 'base64') : Buffer.from(example.payload);

const newId = () => 'made-by-the-bridge';
/** @param {string | Buffer} payload */
const readOne = (payload) => readQuotes('quotes', Buffer.from(payload), newId);

const MESSAGES = [
  'order',
  'fill',
  'portfolio',
  'error',
  'bridge',
  'command',
  'reply',
  'halt',
  'algo',
  'account',
  'indicator',
  'stats',
  'query',
  'answer',
  'trace',
];
for (const name of MESSAGES) {
  test(`every valid example of ${name} passes its schema and every invalid one fails`, () => {
    const { valid, invalid } = read(`examples/${name}.json`);
    for (const example of valid) assert.ok(passes(name)(example.message), example.name);
    for (const example of invalid) {
      assert.equal(passes(name)(example.message), example.beyond_schema === true, example.name);
    }
  });
}

for (const { name, message, command } of read('examples/command.json').valid) {
  test(`a valid command is read: ${name}`, () => {
    const found = readCommand('commands/random', parseMap(Buffer.from(JSON.stringify(message)), EXAMPLE), newId);
    assert.deepEqual(found, { id: newId(), ...command });
    assert.ok(passes('command#/$defs/canonical')(found));
  });
}

for (const { name, message, code, reason, id } of read('examples/command.json').invalid) {
  test(`an invalid command is refused with its code and its reason, and its id is found: ${name}`, () => {
    /** @type {any} */
    let map;
    assert.throws(
      () => {
        map = parseMap(Buffer.from(JSON.stringify(message)), EXAMPLE);
        readCommand('commands/random', map, newId);
      },
      (error) => error instanceof MessageError && error.code === code && error.message.startsWith(reason),
    );
    assert.equal(idOf(map), id);
  });
}

for (const { name, message } of read('examples/query.json').valid) {
  test(`a valid question is read: ${name}`, () => {
    const { id, client, question, fault } = readQuery(Buffer.from(JSON.stringify(message)));
    assert.deepEqual({ id, client, ...question }, { ...message, id: String(message.id) });
    assert.equal(fault, '');
    assert.ok(passes('query#/$defs/canonical')(question));
  });
}

for (const { name, message, code } of read('examples/query.json').invalid) {
  test(`an invalid question is refused, with its code, only if it does not say who asks: ${name}`, () => {
    const reading = () => readQuery(Buffer.from(JSON.stringify(message)));
    if (code) assert.throws(reading, (error) => error instanceof MessageError && error.code === code);
    else assert.equal(reading().client, message.client);
  });
}

for (const example of read('examples/quote.json').valid) {
  test(`a valid quote is read: ${example.name}`, () => {
    const quotes = readOne(payloadOf(example));
    assert.deepEqual(
      quotes,
      example.quotes.map((/** @type {object} */ quote) => ({ id: newId(), ...quote })),
    );
    for (const quote of quotes) assert.ok(passes('quote#/$defs/canonical')(quote));
    assert.ok(passes('quote')(JSON.parse(payloadOf(example).toString())));
  });
}

for (const example of read('examples/quote.json').invalid) {
  test(`an invalid quote is refused with its code and its reason: ${example.name}`, () => {
    assert.throws(
      () => readOne(payloadOf(example)),
      (error) => error instanceof MessageError && error.code === example.code && error.message.includes(example.reason),
    );
  });
}

for (const example of read('examples/quote.json').invalid) {
  test(`an invalid quote is not JSON or fails the schema, if that can tell: ${example.name}`, () => {
    let message;
    try {
      message = JSON.parse(payloadOf(example).toString());
    } catch {
      return;
    }
    // bytes that are not UTF-8 are text to this test, but not a quote to the bridge
    if (example.payload_base64) return;
    assert.equal(passes('quote')(message), example.beyond_schema === true);
  });
}

test('the list of names of fields is that of the contract', () => {
  const listed = read('field_names.json');
  assert.deepEqual([...NAMES].sort(), listed.names);
  assert.deepEqual(LETTERS, listed.letters);
});

test('the codes of the sources are those of the contract', () => {
  const folder = new URL('../src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const sources = files.map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const thrown = sources
    .join()
    .matchAll(/(?:new (?:Message|InvalidTime)Error\(|errorRecord\([^')]*)\s*'([a-z0-9_]+)'/g);
  const made = ['sid_missing', 'quote_missing', 'sid_type', 'id_type'];
  const codes = new Set([...made, ...[...thrown].map(([, code]) => code)]);
  assert.deepEqual([...codes].sort(), Object.keys(read('refusals.json').codes).sort());
});

test('every time of the table passes the schema, and is carried verbatim in both forms', () => {
  for (const { ts } of read('examples/time.json').valid) {
    for (const message of [
      { sid: 'GOOG', quote: 1, ts },
      { goog: 1, ts },
    ]) {
      assert.ok(passes('quote')(message), String(ts));
      const [quote] = readOne(JSON.stringify(message));
      assert.equal(quote.ts, ts);
    }
  }
});

test('an invalid time, in either form, is refused by a sentence that begins with "ts"', () => {
  for (const { ts } of read('examples/time.json').invalid) {
    for (const message of [
      { sid: 'GOOG', quote: 1, ts },
      { goog: 1, ts },
    ]) {
      assert.throws(
        () => readOne(JSON.stringify(message)),
        (error) => error instanceof MessageError && error.message.startsWith('"ts" is '),
        String(ts),
      );
    }
  }
});

for (const field of ['sid', 'quote', 'id', 'ts']) {
  for (const [open, inner, close] of [
    ['[', '', ']'],
    ['{"a":', '1', '}'],
  ]) {
    test(`a ${field} nested too deep to be shown is refused by its name: ${open}`, () => {
      const deep = `${open.repeat(100_000)}${inner}${close.repeat(100_000)}`;
      const others = ['sid', 'quote', 'id'].filter((key) => key !== field);
      const rest = others.map((key) => `"${key}":${key === 'quote' ? 1 : '"a"'}`).join();
      assert.throws(
        () => readOne(`{${rest},"${field}":${deep}}`),
        (error) => error instanceof MessageError && error.message.startsWith(`"${field}" is ${open[0]}`),
      );
    });
  }
}

test('a message that is too large, too deep or too many quotes is refused', () => {
  const large = JSON.stringify({ sid: 'GOOG', quote: 1, note: 'x'.repeat(LIMITS.bytes) });
  assert.throws(() => readOne(large), /too large/);
  /** @param {number} depth */
  const nested = (depth) => `{"sid":"GOOG","quote":1,"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  assert.equal(readOne(nested(31)).length, 1);
  for (const depth of [32, 1000, 100_000]) assert.throws(() => readOne(nested(depth)), /nested too deep/);
  /** @param {number} count */
  const many = (count) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`S${n}`, 1])));
  assert.equal(readOne(many(1000)).length, 1000);
  assert.throws(() => readOne(many(1001)), /1001 quotes in one message/);
  assert.throws(() => readQuotes('x'.repeat(1025), Buffer.from('{"goog":1}'), newId), /topic is too long/);
});

test('every prefix of a message, and every message with one byte changed, is a quote or refused', () => {
  const message = Buffer.from('{"sid": "GOOG", "quote": "345", "ts": "2013-03-01", "id": "a", "x": {"y": [1]}}');
  for (let n = 0; n < message.length; n++) {
    assert.throws(() => readOne(message.subarray(0, n)), MessageError);
    for (let byte = 0; byte < 256; byte++) {
      const changed = Buffer.from(message);
      changed[n] = byte;
      try {
        for (const quote of readOne(changed)) assert.ok(passes('quote#/$defs/canonical')(quote));
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }
  }
});

test('a field named __proto__ is carried along as any other', () => {
  const [quote] = readOne('{"sid": "GOOG", "quote": 1, "__proto__": {"sid": "EVIL"}}');
  assert.equal(quote.sid, 'GOOG');
  assert.deepEqual(Object.keys(quote), ['sid', 'quote', 'id', 'channel', '__proto__']);
});

test('the record of a refused message passes its schema and shows its first 64 KiB', () => {
  const payload = Buffer.alloc(1_000_000, 'ab');
  const record = JSON.parse(errorRecord(messageOf(payload), 'not_json', 'not JSON'));
  assert.ok(passes('error')(record));
  assert.equal(record.length, 1_000_000);
  assert.equal(Buffer.from(record.payload_base64, 'base64').length, 65536);
  assert.equal(record.sha256, '88858caf7f79393e6d9efb817fdbc9c96819db0852b47b212f74fc028d06229d');
});

test('an order of a backend that is not ours is completed from the quote', () => {
  const quote = { sid: 'GOOG', quote: 345, id: '7', channel: 'quotes' };
  const one = { side: 'buy', sid: 'GOOG', quantity: 2 };
  assert.deepEqual(completeOrders(null, quote, 'mine'), []);
  const orders = completeOrders([one, { ...one, side: 'sell' }], quote, 'mine').map((text) => JSON.parse(text));
  for (const order of orders) assert.ok(passes('order')(order));
  assert.deepEqual(orders[0], {
    id: 'mine:quotes:7:0',
    algo: 'mine',
    sid: 'GOOG',
    side: 'buy',
    kind: 'market',
    quantity: 2,
    price: 345,
    amount: 690,
    ts: null,
    quote_id: '7',
  });
  assert.equal(orders[1].id, 'mine:quotes:7:1');
});

for (const [returned, sentence] of /** @type {[unknown, RegExp][]} */ ([
  [5, /event returned 5/],
  [[[]], /event returned \[\]/],
  [{ sid: 'A', quantity: 1 }, /side is undefined/],
  [{ side: 'hold', sid: 'A', quantity: 1 }, /side is "hold"/],
  [{ side: 'buy', quantity: 1 }, /sid is undefined/],
  [{ side: 'buy', sid: 'A', quantity: 0 }, /quantity is 0/],
  [{ side: 'buy', sid: 'A', quantity: Infinity }, /quantity is null/],
])) {
  test(`an invalid order is refused: ${JSON.stringify(returned)}`, () => {
    const quote = { sid: 'GOOG', quote: 345, id: '7', channel: 'quotes' };
    assert.throws(() => completeOrders(returned, quote, 'mine'), sentence);
  });
}

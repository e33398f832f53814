/** What a backend that has `event` alone publishes beside its orders. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { checkOwnData } from '../src/backend/channels.js';
import { readDecisions } from '../src/backend/decisions.js';
import { decisionOf } from '../src/backend/returned.js';
import { addOutputs, outputTopics } from '../src/route/topics.js';

const QUOTE = { sid: 'GOOG', quote: 3.5, id: '7', channel: 'quotes', ts: '2024-01-10' };
const ORDER = { side: 'buy', sid: 'GOOG', quantity: 1 };

/** @param {unknown} name @param {unknown} message */
const data = (name, message) => ({ data: [{ name, message }] });

test('a map has orders and data, each with an id made of the quote', () => {
  const { orders, data: published } = decisionOf(
    { orders: [ORDER], ...data('signal', { value: 0.5, list: [1, null, { a: 'b' }] }) },
    QUOTE,
    'mine',
  );
  assert.deepEqual(
    orders.map((text) => JSON.parse(String(text)).id),
    ['mine:quotes:7:0'],
  );
  assert.deepEqual(published, [
    {
      name: 'signal',
      text: '{"value":0.5,"list":[1,null,{"a":"b"}],"id":"mine:quotes:7:0","ts":"2024-01-10"}',
    },
  ]);
});

test('an order, orders and nil are as without data', () => {
  for (const returned of [null, ORDER, [ORDER, ORDER]]) {
    assert.equal(decisionOf(returned, QUOTE, 'mine').data, undefined);
  }
  assert.deepEqual(decisionOf({ orders: null, data: [] }, QUOTE, 'mine'), { orders: [], fills: [], data: undefined });
});

test('a quote without a time gives data without one', () => {
  const { data: published } = decisionOf(data('signal', {}), { ...QUOTE, ts: undefined }, 'mine');
  assert.deepEqual(published, [{ name: 'signal', text: '{"id":"mine:quotes:7:0"}' }]);
});

test('the id of data that would be longer than an id may be is its SHA-256', () => {
  const at = (/** @type {number} */ length) => {
    const { data: published } = decisionOf(data('signal', {}), { ...QUOTE, id: 'é'.repeat(length) }, 'mine');
    return JSON.parse(String(published?.[0].text)).id;
  };
  assert.equal(at(242), `mine:quotes:${'é'.repeat(242)}:0`);
  assert.equal(
    at(243),
    createHash('sha256')
      .update(`mine:quotes:${'é'.repeat(243)}:0`)
      .digest('hex'),
  );
});

for (const [returned, sentence] of /** @type {[unknown, RegExp][]} */ ([
  [{ data: 5 }, /event returned the data 5: it has to be a list of at most 1000 maps with name and message/],
  [{ data: Array(1001).fill({}) }, /a list of at most 1000 maps/],
  [{ data: [null] }, /the name of a publication is missing: it has to be a text of 1 to 64 characters/],
  [data('', {}), /the name of a publication is "": /],
  [data('a\nb', {}), /without control characters/],
  [data('x'.repeat(65), {}), /a text of 1 to 64 characters/],
  [data('signal', [1]), /the message of "signal" is \[1\]: it has to be a map of fields/],
  [data('signal', { channel: 'x' }), /"channel" of "signal" is "x": this field is set for the message/],
  [data('signal', { a: { b: NaN } }), /"signal.a.b" is NaN: it has to be a finite number/],
  [data('signal', { a: 2n ** 60n }), /"signal.a" is of a type that JSON has not/],
  [data('signal', { a: 'x'.repeat(1_000_000) }), /"signal" has 10000\d\d bytes as JSON; at most 1000000 are published/],
  [
    data('signal', { a: Array(100_000).fill(0) }),
    /"signal" has 100004 texts, numbers and other values; at most 100000/,
  ],
])) {
  test(`data that cannot be a message is refused: ${sentence.source}`, () => {
    assert.throws(() => decisionOf(returned, QUOTE, 'mine'), { name: 'PublicationError', message: sentence });
  });
}

test('a message that is nested too deeply is refused', () => {
  /** @type {unknown} */
  let deep = 1;
  for (let n = 0; n < 40; n++) deep = [deep];
  assert.throws(() => decisionOf(data('signal', { deep }), QUOTE, 'mine'), /is nested too deeply/);
});

test('the entries of events have data with names and texts, or are refused', () => {
  const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text));
  const entry = { orders: [], fills: [], data: [{ name: bytes('signal'), text: bytes('{}') }] };
  const [decision] = /** @type {import('../src/backend/decisions.js').Decision[]} */ (readDecisions([entry], 1));
  assert.equal(decision.data?.[0].name, 'signal');
  for (const wrong of [5, [{ name: bytes('a') }], [{ name: bytes('a\nb'), text: bytes('{}') }]]) {
    assert.throws(() => readDecisions([{ ...entry, data: wrong }], 1), /its data has to be a list of maps/);
  }
});

test('data is published below the name of its algorithm, percent-encoded, after orders and fills', () => {
  /** @type {import('../src/mqtt/publisher.js').Publication[]} */
  const publications = [];
  const decision = { orders: ['o'], fills: ['f'], data: [{ name: 'BTC/USDT', text: 't' }], reply: 'r' };
  addOutputs(publications, decision, outputTopics('my algo', 'site1/'));
  assert.deepEqual(
    publications.map(({ topic }) => topic),
    ['orders', 'fills', 'data', 'replies'].map(
      (kind) => `site1/${kind}/my%20algo${kind === 'data' ? '/BTC%2FUSDT' : ''}`,
    ),
  );
});

test('a channel that would bring an algorithm its own data is refused, those of others are not', () => {
  checkOwnData(['quotes', 'data/other/#', 'data/mine2'], 'mine', 'initialize');
  for (const channel of ['data/#', 'data/+/signal', 'data/mine/signal']) {
    assert.throws(() => checkOwnData(['quotes', channel], 'mine', 'initialize'), /which mine itself publishes/);
  }
});

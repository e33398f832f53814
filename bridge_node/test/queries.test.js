/** Questions about the past, and their replies. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Queries } from '../src/route/queries.js';
import { Deferred } from '../src/support/deferred.js';
import { Server } from '../zerorpc/index.js';
import { FakeService, startBackend, startBridge, until } from './fake_backend.js';
import { BROKERS, brokerAt, Collected, keptLog, startBroker } from './helpers.js';

const TOPIC = 'queries/my%20algo';
/** @param {string} text */
const bytes = (text) => Buffer.from(text);

/** A backend whose answers the test gives. */
class FakeBackend {
  ready = true;
  fault = '';
  address = 'tcp://127.0.0.1:4242';
  methods = ['query'];
  asked = new Collected();
  /** @param {any} question @returns {Promise<any>} */
  answer = async (question) => ({ result: bytes(JSON.stringify(question)) });

  /** @param {string} method */
  has(method) {
    return this.methods.includes(method);
  }

  /** @param {any} question */
  query(question) {
    this.asked.push(question);
    return this.answer(question);
  }
}

/**
 * The queries of "my algo", and a client of theirs.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {{patience?: number, prefix?: string}} [options]
 */
async function startQueries(t, url, { patience, prefix = '' } = {}) {
  const { log, lines } = keptLog();
  const backend = new FakeBackend();
  const queries = new Queries(brokerAt(url, log, prefix), backend, () => {}, patience);
  t.after(() => queries.stop());
  queries.start('my algo');
  await until(() => lines.some(({ text }) => text === 'subscribed'));
  return { backend, lines, ...(await connect(t, url, prefix)) };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function connect(t, url, prefix = '') {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  const replies = new Collected();
  const errors = new Collected();
  client.on('message', (topic, payload) => {
    (topic.startsWith(`${prefix}replies/`) ? replies : errors).push(JSON.parse(payload.toString()));
  });
  await client.subscribeAsync([`${prefix}replies/+/page`, `${prefix}errors/+`], { qos: 1 });
  /** @param {unknown} message @param {boolean} [retain] */
  const publish = (message, retain = false) => {
    const payload = typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message);
    return client.publishAsync(prefix + TOPIC, payload, { qos: 1, retain });
  };
  return { client, publish, replies, errors };
}

/** @param {object} [others] */
const question = (others) => ({ id: '1', client: 'page', query: 'orders', ...others });
/** @param {object} others */
const reply = (others) => ({ id: '1', algo: 'my algo', query: 'orders', ...others });

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} a question gets its answer, unread, on the topic of its client`, { skip }, async (t) => {
    const { url } = await start(t);
    const { backend, publish, replies } = await startQueries(t, url);
    backend.answer = async () => ({ result: bytes('{"orders":[{"quantity":1.0}],"more":false}') });
    await publish(question({ limit: 5 }));
    const [found] = await replies.until(1);
    assert.deepEqual(found, reply({ ok: true, result: { orders: [{ quantity: 1 }], more: false } }));
    assert.deepEqual(backend.asked.values, [{ query: 'orders', limit: 5 }]);
  });

  test(`with ${name} below a prefix, too`, { skip }, async (t) => {
    const { url } = await start(t);
    const { publish, replies } = await startQueries(t, url, { prefix: 'site1/' });
    await publish(question());
    assert.deepEqual(await replies.until(1), [reply({ ok: true, result: { query: 'orders' } })]);
  });

  test(`with ${name} a few are under way at a time, and the others are refused`, { skip }, async (t) => {
    const { url } = await start(t);
    const { backend, publish, replies } = await startQueries(t, url);
    /** @type {((answer: any) => void)[]} */
    const waiting = [];
    backend.answer = () => new Promise((resolve) => waiting.push(resolve));
    // as many refusals as may be unconfirmed: more would be dropped where the broker is slow to confirm them
    for (let n = 0; n < 100; n++) await publish(question({ id: String(n) }));
    await replies.until(96);
    assert.equal(backend.asked.values.length, 4);
    assert.ok(replies.values.every(({ ok, text }) => !ok && /^4 questions about my algo are under way/.test(text)));
    for (const answer of waiting) answer({ result: bytes('1') });
    await replies.until(100);
    assert.equal(replies.values.filter(({ ok }) => ok).length, 4);
    backend.answer = async () => ({ result: bytes('2') });
    await publish(question({ id: 'last' }));
    await replies.until(101);
    assert.deepEqual(replies.values.at(-1), reply({ id: 'last', ok: true, result: 2 }));
  });

  test(
    `with ${name} a retained question, and one that came while the bridge was away, is not answered`,
    { skip },
    async (t) => {
      const { url } = await start(t);
      const before = await connect(t, url);
      await before.publish(question({ id: 'away' }));
      await before.publish(question({ id: 'retained' }), true);
      const { publish, replies } = await startQueries(t, url);
      await publish(question());
      await replies.until(1);
      assert.deepEqual(replies.values, [reply({ ok: true, result: { query: 'orders' } })]);
    },
  );
}

test('a question that does not say who asks is recorded with its code', async (t) => {
  const { url } = await startBroker(t);
  const { backend, publish, replies, errors } = await startQueries(t, url);
  const large = question({ note: 'x'.repeat(4096) });
  const hostile = ['', '{', '[]', '"orders"', '{"query":"orders","id":"1"}', question({ client: 'a/b' })];
  for (const message of hostile) await publish(message);
  for (const client of ['', '+', '#', 'x'.repeat(65), 'page\n', 5, null, ['page']]) await publish(question({ client }));
  await publish(large);
  await publish(Buffer.from([0xff, 0xfe]));
  await publish('['.repeat(4000));
  await errors.until(17);
  assert.deepEqual(
    errors.values.slice(0, 5).map(({ code }) => code),
    ['empty', 'not_json', 'not_a_map', 'not_a_map', 'query_client'],
  );
  assert.ok(errors.values.slice(5, 14).every(({ code }) => code === 'query_client'));
  assert.deepEqual(
    errors.values.slice(14).map(({ code }) => code),
    ['query_too_large', 'not_utf8', 'not_json'],
  );
  assert.equal(errors.values[14].topic, TOPIC);
  await publish(question());
  await replies.until(1);
  assert.equal(backend.asked.values.length, 1);
});

test('of a flood of bad questions few lines are written', async (t) => {
  const { url } = await startBroker(t);
  t.mock.method(performance, 'now', () => 0);
  const { lines, publish, replies } = await startQueries(t, url);
  await Promise.all(Array.from({ length: 2000 }, () => publish('no question')));
  await publish(question());
  await replies.until(1);
  const warnings = lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  assert.equal(warnings.filter((text) => text.startsWith('refused: ')).length, 10);
  assert.ok(warnings.length <= 20, String(warnings.length));
});

test('a message of a megabyte is refused, and the next question is answered', async (t) => {
  const { url } = await startBroker(t);
  const { publish, replies, errors } = await startQueries(t, url);
  await publish(question({ note: 'x'.repeat(1_000_000) }));
  await publish(question());
  await replies.until(1);
  assert.deepEqual([errors.values[0].code, errors.values[0].length], ['query_too_large', 1_000_053]);
});

for (const [what, id] of /** @type {[string, unknown][]} */ ([
  ['without an id', undefined],
  ['with an id that is a list', ['1']],
  ['with an empty id', ''],
  ['with an id of 257 characters', 'x'.repeat(257)],
])) {
  test(`a question ${what} is answered by a sentence, and not asked`, async (t) => {
    const { url } = await startBroker(t);
    const { backend, publish, replies } = await startQueries(t, url);
    await publish(question({ id }));
    const [found] = await replies.until(1);
    assert.match(found.text, /^"id" is /);
    assert.deepEqual(found, reply({ id: null, ok: false, text: found.text }));
    assert.equal(backend.asked.values.length, 0);
  });
}

for (const [what, change, sentence] of /** @type {[string, Partial<FakeBackend>, RegExp][]} */ ([
  ['is not ready', { ready: false, fault: 'it is lost' }, /tcp:\/\/127.0.0.1:4242, is not ready: it is lost$/],
  ['has no such method', { methods: ['event'] }, /answers no questions about the past: it has no method "query"$/],
  ['has a sentence', { answer: async () => ({ error: bytes('"limit" is 0') }) }, /^"limit" is 0$/],
  ['raises', { answer: () => Promise.reject(new Error('no such table')) }, /^no such table$/],
  ['returns something else', { answer: async () => null }, /returned neither "result" nor "error"/],
  ['returns a number', { answer: async () => ({ result: 5 }) }, /returned neither "result" nor "error"/],
  [
    'has too much',
    { answer: async () => ({ result: Buffer.alloc(1_048_576, '1') }) },
    /^the answer has 1048640 bytes, and at most 1048576 can/,
  ],
])) {
  test(`a question to a backend that ${what} is answered by a sentence`, async (t) => {
    const { url } = await startBroker(t);
    const { backend, publish, replies } = await startQueries(t, url);
    Object.assign(backend, change);
    await publish(question());
    const [found] = await replies.until(1);
    assert.match(found.text, sentence);
    assert.deepEqual(found, reply({ ok: false, text: found.text }));
  });
}

test('a question that the backend does not answer in time is answered by a sentence, and goes on to count', async (t) => {
  const { url } = await startBroker(t);
  const { backend, publish, replies } = await startQueries(t, url, { patience: 20 });
  /** @type {((answer: any) => void)[]} */
  const waiting = [];
  backend.answer = () => new Promise((resolve) => waiting.push(resolve));
  for (let n = 0; n < 4; n++) await publish(question());
  await replies.until(4);
  assert.ok(replies.values.every(({ text }) => text === 'the backend of my algo has not answered within 0.02 seconds'));
  await publish(question());
  assert.match((await replies.until(5))[4].text, /^4 questions about my algo are under way/);
  for (const answer of waiting) answer({ result: bytes('1') });
  backend.answer = async () => ({ result: bytes('2') });
  await publish(question());
  assert.equal((await replies.until(6))[5].result, 2);
});

test('it answers again after the connection was lost', async (t) => {
  const { url, cut } = await startBroker(t);
  const { backend, lines, publish, replies, client } = await startQueries(t, url);
  backend.answer = async () => {
    if (backend.asked.values.length === 1) cut();
    return { result: bytes('1') };
  };
  await publish(question()).catch(() => {});
  await until(() => lines.filter(({ text }) => text === 'subscribed').length === 2 && client.connected);
  await publish(question({ id: 'again' }));
  await until(() => replies.values.some(({ id }) => id === 'again'));
});

test('the bridge has questions answered while its backend decides, and not after it has stopped', async (t) => {
  const { url } = await startBroker(t);
  const service = new FakeService();
  const gate = new Deferred();
  service.gate = gate.promise;
  // one that answers several calls at a time
  const server = new Server({ ...service.methods(), query: () => ({ result: '[1,2]' }) });
  t.after(() => server.close());
  const { stop } = await startBridge(t, url, await server.bind('tcp://127.0.0.1:0'));
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  const replies = new Collected();
  client.on('message', (_, payload) => replies.push(JSON.parse(payload.toString())));
  await client.subscribeAsync('replies/mine/page', { qos: 1 });
  await client.publishAsync('quotes', JSON.stringify({ sid: 'GOOG', quote: 345, id: '1' }), { qos: 1 });
  await service.calls.until(1);
  const ask = setInterval(() => client.publish('queries/mine', JSON.stringify(question()), { qos: 1 }), 20);
  t.after(() => clearInterval(ask));
  assert.deepEqual((await replies.until(1))[0].result, [1, 2]);
  gate.resolve();
  clearInterval(ask);
  await stop();
});

test('the bridge says of a backend in another language that it answers no questions', async (t) => {
  const { url } = await startBroker(t);
  const backend = await startBackend(t, new FakeService().methods());
  const { lines } = await startBridge(t, url, backend.address);
  await until(() => lines.some(({ text, fields }) => text === 'subscribed' && fields.topic === 'queries/mine'));
  const { client, replies } = await connect(t, url);
  await client.publishAsync('queries/mine', JSON.stringify(question()), { qos: 1 });
  assert.match((await replies.until(1))[0].text, /it has no method "query"/);
});

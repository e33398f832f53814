/** What people ask of an algorithm: commands, their replies, and halts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { Bridge } from '../src/bridge.js';
import { createRegistry } from '../src/metrics/process.js';
import { FakeService, PLAIN, startBackend, startBridge, until } from './fake_backend.js';
import { BROKERS, brokerAt, Collected, keptLog, startBroker } from './helpers.js';

const COMMANDS = 'commands/mine';
const TOPICS = ['orders/mine', 'fills/mine', 'replies/mine', 'errors/mine', 'halts/mine'];

/**
 * A client that publishes, and keeps what the bridge publishes.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function connect(t, url) {
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  const [orders, fills, replies, errors, halts] = TOPICS.map(() => new Collected());
  /** @type {Record<string, Collected>} */
  const outputs = { orders, fills, replies, errors, halts };
  const all = new Collected();
  client.on('message', (topic, payload, { retain }) => {
    const value = payload.length === 0 ? null : JSON.parse(payload.toString());
    outputs[topic.split('/')[0]].push(value);
    all.push({ topic, value, retain });
  });
  await client.subscribeAsync(TOPICS, { qos: 1 });
  /** @param {string} topic @param {unknown} message @param {boolean} [retain] */
  const publish = (topic, message, retain = false) => {
    const payload = typeof message === 'string' ? message : JSON.stringify(message);
    return client.publishAsync(topic, payload, { qos: 1, retain });
  };
  return { publish, all, orders, replies, errors, halts };
}

/** @param {string} id @param {object} [others] */
const halt = (id, others) => ({ command: 'halt', id, by: 'Ann', reason: 'news', ...others });
/** @param {string} id @param {string} [expires] */
const resume = (id, expires = '2200-01-01') => ({ command: 'resume', id, expires });
/** @param {string} id @param {number} [price] */
const quote = (id, price = 345) => ({ sid: 'GOOG', quote: price, id });
/** @param {any[]} inputs */
const ids = (inputs) => inputs.map(({ id }) => id);

/** A promise, and the function that resolves it. */
function gate() {
  /** @type {(value?: unknown) => void} */
  let open = () => {};
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} a command goes ahead of all quotes that wait, in the next call`, { skip }, async (t) => {
    const { url } = await start(t);
    const service = new FakeService();
    const { address } = await startBackend(t, service.methods());
    const { lines } = await startBridge(t, url, address);
    const { publish, replies, orders } = await connect(t, url);
    const held = gate();
    service.gate = held.promise;
    await publish('quotes', quote('0'));
    await service.calls.until(1);
    // more than are read while they wait
    for (let n = 1; n < 1500; n++) void publish('quotes', quote(String(n)));
    await publish('quotes', quote('1500'));
    await publish(COMMANDS, halt('h1'));
    await until(() => lines.some(({ text }) => text === 'received a command'));
    held.open();
    const [, next] = await service.calls.until(2);
    assert.deepEqual(next[0], { channel: COMMANDS, ...halt('h1') });
    assert.equal(next[1].id, '1');
    assert.equal((await replies.until(1))[0].outcome, 'done');
    const placed = await orders.until(1501);
    assert.deepEqual(
      placed.map(({ quantity }) => quantity),
      placed.map(({ id }) => (id === '0' ? 1 : 0)),
    );
    assert.deepEqual(
      ids(placed),
      placed.map((_, n) => String(n)),
    );
  });

  test(`with ${name} commands wait while the bridge is down, and then come before all quotes`, { skip }, async (t) => {
    const { url } = await start(t);
    const service = new FakeService();
    const { address } = await startBackend(t, service.methods());
    const first = await startBridge(t, url, address);
    await first.stop();
    const { publish, replies } = await connect(t, url);
    for (let n = 0; n < 100; n++) await publish('quotes', quote(String(n)));
    await publish(COMMANDS, halt('h1'));
    await publish(COMMANDS, resume('r1'));
    await startBridge(t, url, address);
    assert.deepEqual(ids(await replies.until(2)), ['h1', 'r1']);
    assert.deepEqual(ids(service.calls.values[0].slice(0, 3)), ['h1', 'r1', '0']);
  });

  test(`with ${name} commands that come while the backend is away come before all quotes`, { skip }, async (t) => {
    const { url } = await start(t);
    const backend = await startBackend(t, new FakeService().methods());
    const { lines } = await startBridge(t, url, backend.address);
    backend.stop();
    await until(() => lines.some(({ text }) => text.endsWith('is lost; waiting for it')));
    const { publish, replies } = await connect(t, url);
    for (let n = 0; n < 100; n++) await publish('quotes', quote(String(n)));
    await publish(COMMANDS, halt('h1'));
    await until(() => lines.some(({ text }) => text === 'received a command'));
    const service = new FakeService();
    await startBackend(t, service.methods(), backend.address);
    await replies.until(1);
    assert.deepEqual(ids(service.calls.values[0].slice(0, 2)), ['h1', '0']);
  });

  test(
    `with ${name} a halt of a backend of two methods sets each buy to 0, and outlasts the bridge`,
    { skip },
    async (t) => {
      const { url } = await start(t);
      const { address } = await startBackend(t, PLAIN);
      const first = await startBridge(t, url, address);
      const { publish, replies, orders, halts } = await connect(t, url);
      await publish(COMMANDS, halt('h1'));
      const [reply] = await replies.until(1);
      assert.deepEqual({ ...reply, text: '' }, { ...REPLY, id: 'h1', by: 'Ann', halt: 'news', text: '' });
      assert.match(reply.text, /the bridge refuses each buy of mine, which takes no commands itself/);
      const [record] = await halts.until(1);
      assert.deepEqual({ ...record, since: '' }, { reason: 'news', by: 'Ann', id: 'h1', since: '' });
      await publish('quotes', quote('1'));
      await first.stop();
      await startBridge(t, url, address);
      await publish('quotes', quote('2'));
      await publish('quotes', quote('3', 500));
      await orders.until(3);
      await publish(COMMANDS, halt('h1'));
      assert.deepEqual((await replies.until(2))[1], reply);
      await publish(COMMANDS, resume('r1'));
      assert.match((await replies.until(3))[2].text, /^buying is resumed, which was halted by Ann: news$/);
      await publish('quotes', quote('4'));
      const placed = await orders.until(4);
      assert.deepEqual(
        placed.map(({ side, quantity, amount, asked, reason }) => [side, quantity, amount, asked, reason]),
        [
          ['buy', 0, 0, 345, 'halted by Ann: news'],
          ['buy', 0, 0, 345, 'halted by Ann: news'],
          ['sell', 1, 500, undefined, undefined],
          ['buy', 1, 345, undefined, undefined],
        ],
      );
      await until(() => halts.values.at(-1) === null);
    },
  );

  test(
    `with ${name} a backend that takes commands and has no journal is halted again before any quote`,
    { skip },
    async (t) => {
      const { url } = await start(t);
      const before = new FakeService();
      const backend = await startBackend(t, before.methods());
      const first = await startBridge(t, url, backend.address);
      const { publish, replies, halts, orders } = await connect(t, url);
      await publish(COMMANDS, halt('h1'));
      await replies.until(1);
      assert.equal((await halts.until(1))[0].id, 'h1');
      backend.stop();
      await until(() => first.lines.some(({ text }) => text.endsWith('is lost; waiting for it')));
      await publish('quotes', quote('1'));
      const after = new FakeService();
      const again = await startBackend(t, after.methods(), backend.address);
      assert.deepEqual((await after.calls.until(2)).map(ids), [['h1'], ['1']]);
      assert.deepEqual(after.calls.values[0][0], { channel: COMMANDS, ...halt('h1') });
      assert.equal((await orders.until(1))[0].quantity, 0);
      await first.stop();
      again.stop();
      const last = new FakeService();
      await startBackend(t, last.methods(), backend.address);
      await startBridge(t, url, backend.address);
      assert.deepEqual(ids((await last.calls.until(1))[0]), ['h1']);
      await publish(COMMANDS, resume('r1'));
      await replies.until(2);
      await publish('quotes', quote('2'));
      await until(() => halts.values.at(-1) === null);
      assert.equal((await orders.until(2))[1].quantity, 1);
    },
  );

  test(`with ${name} data reaches a backend in the order of the quotes, whatever is in it`, { skip }, async (t) => {
    const { url } = await start(t);
    const service = new FakeService(['quotes', 'data/x/#', 'indicators/+/GOOG']);
    const { address } = await startBackend(t, service.methods());
    await startBridge(t, url, address);
    const { publish, errors } = await connect(t, url);
    const held = gate();
    service.gate = held.promise;
    await publish('quotes', quote('0'));
    await publish('data/x/y', { value: 1, id: 'x', ts: '2026-11-28', channel: 'elsewhere' });
    await publish('quotes', quote('1'));
    await publish('indicators/sma/GOOG', { sid: 'GOOG', quote: 'none', values: { sma: null }, id: 7 });
    await publish('data/x', [1]);
    await publish('quotes', quote('2'));
    held.open();
    await until(() => service.calls.values.flat().length === 5);
    const inputs = service.calls.values.flat();
    assert.deepEqual(ids(inputs), ['0', 'x', '1', '7', '2']);
    assert.deepEqual(inputs[1], { channel: 'data/x/y', id: 'x', ts: '2026-11-28', value: 1 });
    assert.deepEqual(inputs[3], {
      channel: 'indicators/sma/GOOG',
      id: '7',
      sid: 'GOOG',
      quote: 'none',
      values: { sma: null },
    });
    const [refused] = await errors.until(1);
    assert.equal(refused.code, 'not_a_map');
  });
}

const REPLY = {
  id: '',
  algo: 'mine',
  command: 'halt',
  by: null,
  outcome: 'done',
  text: '',
  halt: null,
  waiting: [],
};

test('a command goes ahead of the quotes that have come while the backend was away', async (t) => {
  const { url } = await startBroker(t);
  const backend = await startBackend(t, new FakeService().methods());
  const { lines } = await startBridge(t, url, backend.address);
  await backend.stop();
  await until(() => lines.some(({ text }) => text.endsWith('is lost; waiting for it')));
  const { publish, orders } = await connect(t, url);
  for (const id of ['1', '2', '3']) await publish('quotes', quote(id));
  await until(() => lines.filter(({ text }) => text === 'received').length === 3);
  await publish(COMMANDS, halt('h1'));
  await until(() => lines.some(({ text }) => text === 'received a command'));
  const again = new FakeService();
  await startBackend(t, again.methods(), backend.address);
  await orders.until(3);
  assert.deepEqual(again.calls.values.map(ids), [['h1', '1', '2', '3']]);
});

test('the reply follows the orders of its command, and the command is acknowledged after it', async (t) => {
  const { url, aedes } = await startBroker(t);
  const { address } = await startBackend(t, new FakeService().methods());
  await startBridge(t, url, address);
  const { publish, all } = await connect(t, url);
  const seen = new Collected();
  aedes.on('publish', ({ topic }, client) => {
    if (client?.id.startsWith('tickwire-publisher-')) seen.push(topic);
  });
  aedes.on('ack', (_packet, client) => {
    if (client.id === 'tickwire-commands-mine') seen.push('acknowledged');
  });
  await publish(COMMANDS, { command: 'flatten', id: 'f1', expires: '2200-01-01' });
  assert.deepEqual(await seen.until(4), ['orders/mine', 'halts/mine', 'replies/mine', 'acknowledged']);
  assert.equal((await all.until(3))[1].value.id, 'f1/halt');
});

for (const [kind, methods] of /** @type {[string, () => Record<string, any>][]} */ ([
  ['a backend that takes commands', () => new FakeService().methods()],
  ['a backend that takes none', () => PLAIN],
])) {
  test(`a command that comes again to ${kind} gets the same reply, and changes nothing`, async (t) => {
    const { url } = await startBroker(t);
    const { address } = await startBackend(t, methods());
    await startBridge(t, url, address);
    const { publish, replies, halts, orders } = await connect(t, url);
    for (const command of [halt('h1'), resume('r1'), halt('h1'), resume('r1'), halt('h2'), halt('h3')]) {
      await publish(COMMANDS, command);
    }
    const found = await replies.until(6);
    assert.deepEqual(found[2], found[0]);
    assert.deepEqual(found[3], found[1]);
    assert.deepEqual(
      found.map(({ outcome }) => outcome),
      ['done', 'done', 'done', 'done', 'done', 'unchanged'],
    );
    await publish('quotes', quote('1'));
    assert.equal((await orders.until(1))[0].quantity, 0);
    assert.equal(halts.values.at(-1).id, 'h2');
  });
}

test('a resume that comes again leaves a later halt retained', async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, new FakeService().methods());
  await startBridge(t, url, address);
  const { publish, replies, halts } = await connect(t, url);
  for (const command of [halt('h1'), resume('r1'), halt('h2'), resume('r1'), halt('h1'), resume('r2')]) {
    await publish(COMMANDS, command);
  }
  await replies.until(6);
  assert.deepEqual(
    (await halts.until(4)).map((retained) => retained && retained.id),
    ['h1', null, 'h2', null],
  );
});

test('what is no valid command is refused, recorded and answered where its id can be read', async (t) => {
  const { url } = await startBroker(t);
  const service = new FakeService();
  const { address } = await startBackend(t, service.methods());
  await startBridge(t, url, address);
  const { publish, replies, errors } = await connect(t, url);
  await publish(COMMANDS, 'stop it');
  await publish(COMMANDS, { command: 'hlat', id: 'a', by: 'Ann' });
  await publish(COMMANDS, { command: 'resume', id: 'b' });
  await publish(COMMANDS, { command: 'halt', id: [] });
  await publish(COMMANDS, halt('h1'));
  const found = await replies.until(3);
  const text = '"command" is "hlat": did you mean "halt"?';
  const { halt: _unknown, ...refusal } = { ...REPLY, outcome: 'refused' };
  assert.deepEqual(found[0], { ...refusal, id: 'a', by: 'Ann', command: 'hlat', text });
  assert.match(found[1].text, /^resume needs a time after which it is not carried out/);
  assert.equal(found[2].outcome, 'done');
  assert.deepEqual(
    (await errors.until(4)).map(({ code, topic }) => [code, topic]),
    ['not_json', 'command_unknown', 'command_expiry', 'id_type'].map((code) => [code, COMMANDS]),
  );
  assert.deepEqual(service.calls.values.map(ids), [['h1']]);
});

test('of a flood of bad commands few lines are written', async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, PLAIN);
  const { publish, replies } = await connect(t, url);
  t.mock.method(performance, 'now', () => 0);
  const { lines } = await startBridge(t, url, address);
  await Promise.all(Array.from({ length: 200 }, () => publish(COMMANDS, 'stop it')));
  await publish(COMMANDS, halt('h1'));
  await replies.until(1);
  assert.equal(lines.filter(({ level, text }) => level === 'warn' && text.startsWith('refused: ')).length, 10);
});

test('a backend that takes no commands can be halted and resumed, and nothing else', async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, PLAIN);
  await startBridge(t, url, address);
  const { publish, replies, orders } = await connect(t, url);
  await publish(COMMANDS, { command: 'flatten', id: '1', expires: '2200-01-01' });
  await publish(COMMANDS, { command: 'reset', id: '2' });
  await publish(COMMANDS, resume('3'));
  await publish(COMMANDS, halt('4', { expires: '2026-01-01' }));
  await publish(COMMANDS, { ...halt('4'), by: 'Bob' });
  const found = await replies.until(5);
  assert.deepEqual(
    found.map(({ outcome }) => outcome),
    ['refused', 'refused', 'unchanged', 'refused', 'refused'],
  );
  assert.match(found[0].text, /mine takes no commands, so that only halt and resume work, in the bridge: flatten/);
  assert.match(found[3].text, /^halt has expired, at 2026-01-01, and was not carried out/);
  assert.match(found[4].text, /^id used before: "4", with other content/);
  await publish('quotes', quote('1'));
  assert.equal((await orders.until(1))[0].quantity, 1);
});

test('a failure of the backend at a command is its reply', async (t) => {
  const { url } = await startBroker(t);
  const methods = {
    ...new FakeService().methods(),
    events: (/** @type {any[]} */ all) => all.map(() => ({ error: 'E: no' })),
  };
  const { address } = await startBackend(t, methods);
  await startBridge(t, url, address);
  const { publish, replies, errors } = await connect(t, url);
  await publish(COMMANDS, halt('h1'));
  const [{ outcome, text }] = await replies.until(1);
  assert.deepEqual([outcome, text], ['refused', 'E: no']);
  assert.equal((await errors.until(1))[0].code, 'algorithm');
});

test('a halt that is retained moves into the journal of a backend that has one by now', async (t) => {
  const { url } = await startBroker(t);
  const { publish, halts, replies } = await connect(t, url);
  await publish('halts/mine', { reason: 'news', by: null, id: 'h1', since: '2026-11-28T10:00:00.000Z' }, true);
  const service = new FakeService();
  const { address } = await startBackend(t, service.methodsWithJournal());
  const { stop } = await startBridge(t, url, address);
  assert.deepEqual(service.calls.values, [[{ channel: COMMANDS, id: 'h1', command: 'halt', reason: 'news' }]]);
  await until(() => halts.values.at(-1) === null);
  await publish(COMMANDS, halt('h2'));
  await replies.until(1);
  await stop();
  assert.deepEqual(
    halts.values.filter((each) => each !== null).map(({ id }) => id),
    ['h1'],
  );
});

test('the halt is retained again after each connection: the broker may have lost it', async (t) => {
  const { url, cut } = await startBroker(t);
  const { address } = await startBackend(t, PLAIN);
  await startBridge(t, url, address);
  const { publish, halts } = await connect(t, url);
  await publish(COMMANDS, halt('h1'));
  await halts.until(1);
  await publish('halts/mine', '', true);
  await until(() => halts.values.at(-1) === null);
  cut();
  await until(() => halts.values.at(-1)?.id === 'h1');
});

test('the replies of the last seconds are published again after each connection, after their orders', async (t) => {
  const { url, cut, aedes } = await startBroker(t);
  const entry = { seq: 7, orders: [JSON.stringify({ id: 'f1' })], fills: [], reply: JSON.stringify(REPLY) };
  const methods = {
    ...new FakeService().methodsWithJournal(),
    orders_since: (/** @type {number} */ _seconds, /** @type {number} */ after) => (after < 7 ? [entry] : []),
  };
  const { address } = await startBackend(t, methods);
  const published = new Collected();
  aedes.on('publish', ({ topic, payload }) => {
    if (/^(orders|replies)/.test(topic)) published.push([topic, JSON.parse(String(payload))]);
  });
  await startBridge(t, url, address);
  await published.until(2);
  cut();
  const expected = [
    ['orders/mine', { id: 'f1' }],
    ['replies/mine', REPLY],
  ];
  assert.deepEqual(await published.until(4), [...expected, ...expected]);
});

test('a command that the broker retains is dropped', async (t) => {
  const { url } = await startBroker(t);
  const { publish, replies } = await connect(t, url);
  await publish(COMMANDS, halt('old'), true);
  const { address } = await startBackend(t, PLAIN);
  const { lines } = await startBridge(t, url, address);
  await publish(COMMANDS, halt('new'));
  assert.deepEqual(ids(await replies.until(1)), ['new']);
  assert.ok(lines.some(({ text }) => text === 'dropped: a retained message is not a new one'));
});

test('--count counts quotes, and neither commands nor data', async (t) => {
  const { url } = await startBroker(t);
  const service = new FakeService(['quotes', 'data/x/#']);
  const { address } = await startBackend(t, service.methods());
  const { ended } = await startBridge(t, url, address, { count: 2 });
  const { publish, orders, replies } = await connect(t, url);
  await publish(COMMANDS, halt('h1'));
  await replies.until(1);
  for (let n = 0; n < 5; n++) await publish('data/x', { value: n });
  await publish('quotes', quote('1'));
  await publish('quotes', quote('2'));
  await ended;
  assert.deepEqual(ids(await orders.until(2)), ['1', '2']);
  assert.equal(service.decided.size, 8);
});

test('quotes flow where the broker lets nobody command', async (t) => {
  const { url, aedes } = await startBroker(t);
  aedes.authorizeSubscribe = (_client, subscription, callback) => {
    callback(null, subscription.topic === COMMANDS ? null : subscription);
  };
  const { address } = await startBackend(t, PLAIN);
  const { log, lines } = keptLog();
  const bridge = new Bridge(
    [{ address, params: {}, name: 'mine' }],
    brokerAt(url, log),
    createRegistry('bridge', '1.0'),
    '1.0',
  );
  const ended = bridge.run();
  t.after(() => {
    bridge.stop();
    return ended;
  });
  const { publish, orders } = await connect(t, url);
  await until(() => lines.some(({ text }) => text.endsWith('is ready')));
  await publish('quotes', quote('1'));
  assert.equal((await orders.until(1))[0].quantity, 1);
  assert.ok(lines.some(({ text }) => text.startsWith('the broker refuses to subscribe to commands/mine')));
  assert.notDeepEqual(bridge.missing, []);
});

test('a channel of data is refused for a backend that takes only quotes', async (t) => {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, { ...PLAIN, initialize: () => ['quotes', 'data/#'] });
  await assert.rejects(
    startBridge(t, url, address),
    /channel "data\/#" of initialize carries data, which the backend does not take: its method "inputs"/,
  );
});

for (const [returned, sentence] of /** @type {[unknown, RegExp][]} */ ([
  ['quote', /returned "quote": it has to be a list of quote, data, command, execution$/],
  [['quote', 'comand'], /returned \["quote","comand"\]: .*: did you mean "command"\?$/],
])) {
  test(`inputs that are no kinds are refused: ${JSON.stringify(returned)}`, async (t) => {
    const { url } = await startBroker(t);
    const { address } = await startBackend(t, { ...new FakeService().methods(), inputs: () => returned });
    await assert.rejects(startBridge(t, url, address), sentence);
  });
}

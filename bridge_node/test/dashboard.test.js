/** What the page makes of messages; that it is shown is tested in a real browser (tests/e2e/dashboard). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { emptyForm, optionsOf } from '../dashboard/backtest_form.js';
import { Backtests } from '../dashboard/backtests.js';
import { rate, span } from '../dashboard/format.js';
import { linkTo, linkToRun, placeOf } from '../dashboard/router.js';
import { joined } from '../dashboard/points.js';
import { partStanding, standingsOf } from '../dashboard/standing.js';
import { Store } from '../dashboard/store.js';

/** @param {number} seconds @param {any[]} samples @param {string} [instance] */
function stats(seconds, samples, instance = 'a') {
  const at = new Date(1_800_000_000_000 + seconds * 1000).toISOString();
  const message = {
    part: 'bridge:a',
    component: 'bridge',
    name: 'a',
    instance,
    version: '1',
    at,
    since: at,
    ready: true,
    reasons: [],
    samples,
  };
  return /** @type {[string, string, boolean, number]} */ ([
    'stats/bridge:a',
    JSON.stringify(message),
    false,
    Date.now(),
  ]);
}

/** @param {string} topic @param {any} message */
const received = (topic, message, retain = false) =>
  /** @type {[string, string, boolean, number]} */ ([topic, JSON.stringify(message), retain, Date.now()]);

const order = (/** @type {string} */ id) => ({ id, sid: 'GOOG', side: 'buy' });

const EXAMPLES = JSON.parse(readFileSync(new URL('../../contracts/examples/quote.json', import.meta.url), 'utf8'));

/** The instruments that the page shows for a message on `quotes`, with their prices. @param {string} payload */
function shown(payload) {
  const store = new Store();
  store.update([['quotes', payload, false, 1]], 0);
  return [...store.instruments.values()].map(({ sid, price }) => [sid, price]).sort();
}

test('the page shows the quotes that the bridge reads in a message of any spelling', () => {
  for (const { name, payload, quotes } of EXAMPLES.valid) {
    if (payload === undefined) continue;
    // of several quotes of an instrument, the latest
    const latest = new Map(quotes.map((/** @type {any} */ { sid, quote }) => [sid, quote]));
    assert.deepEqual(shown(payload), [...latest].sort(), name);
  }
});

test('the page takes no field of a message for an instrument', () => {
  for (const payload of [
    { symbol: 'GOOG', bid: 3, ask: 4 },
    { temperature: 21.5, humidity: 40 },
    { price: 345, time: 1704922531 },
    { sid: 'GOOG', quote: null },
    { sid: 'GOOG', quote: true },
    { goog: '' },
  ]) {
    assert.deepEqual(shown(JSON.stringify(payload)), []);
  }
  assert.deepEqual(shown('{"goog": "3.45", "ts": 1704922531, "id": 7}'), [['goog', 3.45]]);
});

test('a link leads to the algorithm that it was made of, whatever its name', () => {
  for (const name of ['random', 'a b', '<img src=x>', 'ä%25"', '100%']) {
    assert.deepEqual(placeOf(linkTo(name)), { view: 'algorithm', name, run: 0 });
  }
  assert.deepEqual(placeOf('#/algo/100%'), { view: 'algorithm', name: '100%', run: 0 });
});

test('a link leads to the run of a service that it was made of', () => {
  for (const name of ['random', 'a/b', 'ä%25"']) {
    assert.deepEqual(placeOf(linkToRun(name, 12)), { view: 'backtest', name, run: 12 });
  }
  assert.deepEqual(placeOf('#/backtest'), { view: 'backtest', name: '', run: 0 });
  assert.deepEqual(placeOf('#/backtest/random/x'), { view: 'backtest', name: 'random', run: 0 });
});

test('a backtest is asked for with what was written, each value as --param reads it', () => {
  const form = { ...emptyForm(), algo: 'sma_cross', from: ' 2010-01-01 ' };
  form.params = { fast: '20', sizing: 'all_in', slow: ' ', limit: '"5"' };
  form.others = ' a = b=c \n\nflag=true\n';
  assert.deepEqual(optionsOf(form), {
    algo: 'sma_cross',
    data: 'goog',
    from: '2010-01-01',
    params: { fast: 20, sizing: 'all_in', limit: '5', a: 'b=c', flag: true },
  });
  assert.throws(() => optionsOf({ ...form, others: '=5' }), /"=5" is not a parameter: write name=value/);
});

test('backtests are asked about one question at a time, and a report once', async () => {
  const at = 1;
  const answers = /** @type {Record<string, any>} */ ({
    backtests: { runs: [{ run: 1, at, state: 'done' }] },
    backtest_choices: { algos: [] },
    backtest_result: { report: { points: [[60.5, 100, -0.25, 100]] } },
  });
  const asked = /** @type {string[]} */ ([]);
  let underWay = 0;
  const asking = {
    query: async (/** @type {string} */ _, /** @type {string} */ query) => {
      asked.push(query);
      assert.equal((underWay += 1), 1);
      await null;
      underWay -= 1;
      return answers[query];
    },
  };
  await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    const backtests = new Backtests(/** @type {any} */ (asking), () => {
      if (asked.length === 3) resolve();
      for (let n = 0; n < 3; n += 1) backtests.want('random', [1]);
    });
    backtests.want('random', [1]);
    backtests.want('random', [1]);
    setImmediate(() => {
      const known = backtests.report('random', { run: 1, at });
      assert.deepEqual([known?.equity, known?.drawdown], [[[60, 100]], [[60, -25]]]);
    });
  });
  assert.deepEqual(asked, ['backtests', 'backtest_choices', 'backtest_result']);
});

test('a rate is the difference of two messages of one process', () => {
  const store = new Store();
  const sample = (/** @type {number} */ value) => [
    ['x_total', { algo: 'r', kind: 'quote' }, value],
    ['x_total', { algo: 'r', kind: 'data' }, 1],
  ];
  store.update([stats(0, sample(100))], 0);
  const part = /** @type {import('../dashboard/stats.js').Part} */ (store.parts.get('bridge:a'));
  assert.equal(part.rate('x_total', { algo: 'r' }), undefined);
  store.update([stats(2, sample(150))], 0);
  assert.equal(part.rate('x_total', { algo: 'r', kind: 'quote' }), 25);
  assert.equal(part.value('x_total', { algo: 'r' }), 151);
  assert.equal(part.value('x_total', { algo: 'other' }), undefined);
  store.update([stats(3, sample(1), 'b')], 0);
  assert.equal(part.rate('x_total', { algo: 'r' }), undefined, 'another process counts from 0');
});

test('a quantile is that of the last second', () => {
  const store = new Store();
  /** @param {number[]} counts */
  const buckets = (counts) => ['0.001', '0.01', '+Inf'].map((le, n) => ['s_bucket', { algo: 'r', le }, counts[n]]);
  store.update([stats(0, buckets([1000, 1000, 1000])), stats(1, buckets([1000, 1099, 1100]))], 0);
  const part = /** @type {import('../dashboard/stats.js').Part} */ (store.parts.get('bridge:a'));
  assert.equal(part.quantile('s', { algo: 'r' }, 0.5), 0.01);
  assert.equal(part.quantile('s', { algo: 'r' }, 0.999), Infinity);
});

test('what a bridge tells of several algorithms is summed, and each is told apart', () => {
  const store = new Store();
  /** @param {number} count */
  const samples = (count) => [
    ['x_total', { algo: 'r', kind: 'quote' }, count],
    ['x_total', { algo: 's', kind: 'quote' }, 10 * count],
    ['x_total', { algo: 's', kind: 'data' }, 1],
    ['s_bucket', { algo: 'r', le: '0.001' }, count],
    ['s_bucket', { algo: 'r', le: '+Inf' }, count],
    ['s_bucket', { algo: 's', le: '+Inf' }, count], // the other is 0, and left out
  ];
  store.update([stats(0, samples(1)), stats(1, samples(3))], 0);
  const part = /** @type {import('../dashboard/stats.js').Part} */ (store.parts.get('bridge:a'));
  assert.equal(part.value('x_total'), 34);
  assert.equal(part.value('x_total', { kind: 'quote' }), 33);
  assert.equal(part.value('x_total', { algo: 's' }), 31);
  assert.deepEqual(part.each('x_total', { algo: 's' }), [30, 1]);
  assert.equal(part.quantile('s', { algo: 'r' }, 0.5), 0.001);
  assert.equal(part.quantile('s', { algo: 's' }, 0.5), Infinity);
});

test('a curve is the same until a point comes, of the journal or of the present', () => {
  /** @type {[number, number][]} */
  const live = [[10, 1]];
  /** @type {[number, number][]} */
  const known = [
    [5, 1],
    [10, 2],
  ];
  assert.deepEqual(joined([], live), [[10, 1]]);
  const curve = joined(known, live);
  assert.deepEqual(curve, [
    [5, 1],
    [10, 1],
  ]);
  assert.equal(joined(known, live), curve);
  live.push([11, 2]);
  assert.deepEqual(joined(known, live), [...curve, [11, 2]]);
  live[1] = [11, 3];
  assert.deepEqual(joined(known, live), [...curve, [11, 3]]);
});

test('an algorithm that is lost, halted or stopped says so, the most urgent first', () => {
  const store = new Store();
  const record = { name: 'r', state: 'lost', address: 'tcp://a:1', since: new Date().toISOString() };
  store.update([received('algos/r', record, true)], 0);
  const portfolio = {
    algo: 'r',
    seq: 5,
    equity: 1,
    halt: 'halted by Ann: news',
    halted: { reason: 'news', by: 'Ann', id: 'h' },
  };
  store.update([received('portfolios/r', portfolio, true)], 0);
  const [first, second, ...rest] = standingsOf(store.algo('r'), store);
  assert.deepEqual([first.word, first.level], ['lost', 'bad']);
  assert.match(first.reason, /tcp:\/\/a:1/);
  assert.deepEqual([second.word, second.reason], ['halted', 'buying was halted by Ann: news']);
  assert.deepEqual(rest, []);
});

test('a snapshot with a lower seq changes nothing', () => {
  const store = new Store();
  store.update([received('portfolios/r', { seq: 2, equity: 20 }), received('portfolios/r', { seq: 1, equity: 10 })], 0);
  assert.equal(store.algo('r').portfolio.equity, 20);
});

test('orders in arrays are orders, what is no JSON is passed over, and nothing grows without bound', () => {
  const store = new Store();
  store.update([['quotes', 'not JSON', false, 1], received('orders/r', [order('1'), order('2')])], 0);
  assert.deepEqual(
    store.algo('r').orders.map(({ message }) => message.id),
    ['1', '2'],
  );
  for (let n = 0; n < 5000; n++) {
    store.update(
      [
        received('orders/r', order(`${n}`)),
        received(`orders/algo${n}`, order(`${n}`)),
        received('quotes', { sid: `S${n}`, quote: 1 }),
      ],
      0,
    );
  }
  assert.ok(store.algo('r').orders.length <= 250);
  assert.equal(store.algo('r').orders.at(-1)?.message.id, '4999');
  assert.ok(store.algos.size <= 200);
  assert.ok(store.instruments.size <= 200);
});

test('what is short, and what is long, is written so that it can be read', () => {
  assert.deepEqual([0, 0.4, 9.96, 37246].map(rate), ['0', '0.4', '10.0', '37,246']);
  assert.deepEqual([0, 8_400, 200_000, 3 * 3.6e6, 4 * 86.4e6].map(span), ['0 s', '8 s', '3 min', '3 h', '4 days']);
});

test('a part is silent by the clock of the bridge, whatever the clock of the viewer', () => {
  for (const shift of [-3_600_000, 0, 3_600_000]) {
    const store = new Store();
    store.greet({ client: 'c', version: '1', instance: 'i', now: new Date(Date.now() + shift).toISOString() });
    const [topic, text] = stats(0, []);
    store.update([[topic, text, false, Date.now() + shift]], 0);
    const [part] = store.parts.values();
    assert.equal(partStanding(part, store).word, 'ready');
    part.at -= 60_000;
    assert.equal(partStanding(part, store).word, 'silent');
  }
});

test('a bridge that is not heard of any more says nothing of the present', () => {
  const store = new Store();
  const serves = [['tickwire_bridge_backend_ready', { algo: 'r' }, 1]];
  store.update([stats(0, serves)], 0);
  assert.ok(store.bridgeOf('r'));
  const [part] = store.parts.values();
  part.at -= 60_000;
  assert.equal(store.bridgeOf('r'), undefined);
});

test('an instrument that is quiet gives way to a new one, and one that is not does not', () => {
  const store = new Store();
  const quote = (/** @type {string} */ sid, /** @type {number} */ at) =>
    store.update([['quotes', JSON.stringify({ sid, quote: 1 }), false, at]], 0);
  for (let n = 0; n < 100; n++) quote(`S${n}`, 1000 + n);
  quote('NEW', 2000);
  assert.ok(!store.instruments.has('quotes\u0000NEW'));
  quote('NEW', 70_000);
  assert.ok(store.instruments.has('quotes\u0000NEW'));
  assert.ok(!store.instruments.has('quotes\u0000S0'));
});

test('names of what every object has are names as others', () => {
  const store = new Store();
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    store.update(
      [
        received(`algos/${name}`, { name, state: 'online', address: 'tcp://a:1', since: '2024-01-01' }, true),
        received(`portfolios/${name}`, { seq: 1, equity: 1, positions: { [name]: {} } }),
        received(`${name}/x`, { sid: name, quote: 1 }),
        received('constructor', { __proto__: 1, sid: 'A', quote: 1 }),
      ],
      0,
    );
    assert.equal(standingsOf(store.algo(name), store)[0].word, 'trading');
  }
  assert.equal(store.algos.size, 4);
  assert.equal(/** @type {any} */ ({}).name, undefined);
});

test('a bridge that was started anew leaves nothing of the old one', () => {
  const store = new Store();
  store.update([stats(0, [])], 0);
  store.greet({ client: 'c', version: '1', instance: 'other', now: new Date().toISOString() });
  assert.equal(store.parts.size, 0);
});

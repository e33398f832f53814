/** What a backend is told of the times of its inputs. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';

import { Times } from '../src/route/times.js';
import { keptLog } from './helpers.js';

/** A backend as Times sees it; it keeps what it is told by itself. */
class ToldBackend extends EventEmitter {
  ready = true;
  /** @type {string | null} */
  journalId = 'a';
  isKept = true;
  /** @type {unknown[]} */
  told = [];
  /** @type {Error | undefined} */
  error;

  /** @param {string} method */
  has(method) {
    return this.isKept && method === 'confirmed';
  }

  /** @param {string} method @param {unknown} confirmed */
  async ask(method, confirmed) {
    if (this.error) throw this.error;
    this.told.push({ method, confirmed });
  }
}

/**
 * @param {import('node:test').TestContext} t
 */
function start(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1000 });
  const backend = new ToldBackend();
  const times = new Times(/** @type {any} */ (backend), keptLog().log);
  backend.emit('ready');
  return { backend, times };
}

/**
 * @param {...{at?: number, inputs?: number, published?: number}} messages
 * @returns {any}
 */
function batch(...messages) {
  return messages.map(({ at = 1000, inputs = 1, published }) => ({
    message: { receivedAt: at, published },
    kind: 'quote',
    inputs: new Array(inputs).fill({}),
  }));
}

test('a call tells when its messages were received, and which of them were published when', (t) => {
  const { times } = start(t);
  const call = times.begin(batch({ at: 990 }, { at: 980, inputs: 3, published: 970 }, { at: 995, published: 991 }));
  assert.deepEqual(call.header, {
    times: {
      received: [980, 995],
      published: [
        [1, 3, 970],
        [4, 1, 991],
      ],
      confirmed: [],
    },
  });
});

test('of very many marks a call tells the first ones', (t) => {
  const { times } = start(t);
  const call = times.begin(batch(...new Array(500).fill({ published: 1 })));
  assert.equal(/** @type {any} */ (call.header.times).published.length, 100);
});

test('confirmations are told with a call, once, and once a second', (t) => {
  const { times, backend } = start(t);
  const first = batch({});
  times.begin(first).seq = 7;
  t.mock.timers.setTime(1500);
  times.settled(first);
  const confirmed = () => /** @type {any} */ (times.begin(batch({})).header.times).confirmed;
  assert.deepEqual(confirmed(), [[7, 1500]]);
  assert.deepEqual(confirmed(), []);
  times.confirmed(8);
  assert.deepEqual(confirmed(), []);
  t.mock.timers.tick(999);
  times.confirmed(9);
  t.mock.timers.tick(1);
  const both = [
    [8, 1500],
    [9, 2499],
  ];
  assert.deepEqual(confirmed(), both);
  t.mock.timers.tick(5000);
  assert.deepEqual(backend.told, []);
});

test('many confirmations are told before', (t) => {
  const { times } = start(t);
  const confirmed = () => /** @type {any} */ (times.begin(batch({})).header.times).confirmed.length;
  times.confirmed(1);
  assert.equal(confirmed(), 1);
  for (let seq = 2; seq < 101; seq++) times.confirmed(seq);
  assert.equal(confirmed(), 0);
  times.confirmed(101);
  assert.equal(confirmed(), 100);
});

test('what no call carries for a second is told by itself', (t) => {
  const { times, backend } = start(t);
  const [first, second] = [batch({}), batch({})];
  times.begin(first).seq = 7;
  times.begin(second).seq = 9;
  times.settled(first);
  t.mock.timers.tick(900);
  times.settled(second);
  t.mock.timers.tick(900);
  assert.deepEqual(backend.told, []);
  t.mock.timers.tick(100);
  const confirmed = [
    [7, 1000],
    [9, 1900],
  ];
  assert.deepEqual(backend.told, [{ method: 'confirmed', confirmed }]);
});

test('what is settled before the call ahead of it is confirmed after that', (t) => {
  const { times } = start(t);
  const [first, second] = [batch({}), batch({})];
  times.begin(first).seq = 7;
  times.begin(second).seq = 9;
  times.settled(second);
  assert.deepEqual(/** @type {any} */ (times.begin(batch({})).header.times).confirmed, []);
  times.settled(first);
  const confirmed = [
    [7, 1000],
    [9, 1000],
  ];
  assert.deepEqual(/** @type {any} */ (times.begin(batch({})).header.times).confirmed, confirmed);
});

test('a backend that is lost meanwhile is told with the next call', async (t) => {
  const { times, backend } = start(t);
  times.confirmed(7);
  backend.error = new Error('lost');
  await times.tell();
  backend.error = undefined;
  backend.ready = false;
  await times.tell();
  assert.deepEqual(/** @type {any} */ (times.begin(batch({})).header.times).confirmed, [[7, 1000]]);
});

test('the counts of another journal are forgotten, and those of the same one are not', (t) => {
  const { times, backend } = start(t);
  const open = batch({});
  times.begin(open).seq = 8;
  times.confirmed(7);
  backend.emit('ready');
  backend.journalId = 'b';
  const confirmed = () => /** @type {any} */ (times.begin(batch({})).header.times).confirmed;
  assert.deepEqual(confirmed(), [[7, 1000]]);
  times.confirmed(8);
  backend.emit('ready');
  times.settled(open);
  assert.deepEqual(confirmed(), []);
});

test('a backend without the method is told nothing', async (t) => {
  const { times, backend } = start(t);
  backend.isKept = false;
  const call = times.begin(batch({ published: 1 }));
  assert.deepEqual(call.header, {});
  times.settled(call.batch);
  times.confirmed(3);
  await times.tell();
  assert.deepEqual(backend.told, []);
});

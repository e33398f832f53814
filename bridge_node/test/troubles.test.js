/** What /readyz says although a backend is connected: states that a person has to know. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import mqtt from 'mqtt';

import { CallWatch } from '../src/backend/call_watch.js';
import { Streak } from '../src/metrics/streak.js';
import { ClockWatch } from '../src/support/clock_watch.js';
import { PLAIN, startBackend, startBridge, until } from './fake_backend.js';
import { startBroker } from './helpers.js';

const QUOTE = { sid: 'GOOG', quote: 345 };

/**
 * A bridge that is ready, with a backend of these methods.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, (...args: any[]) => unknown>} methods
 */
async function running(t, methods) {
  const { url } = await startBroker(t);
  const { address } = await startBackend(t, methods);
  const { bridge } = await startBridge(t, url, address);
  const client = await mqtt.connectAsync(url);
  t.after(() => client.endAsync());
  /** @param {unknown} message @param {number} [count]  of times */
  const publish = async (message, count = 1) => {
    for (let n = 0; n < count; n++) await client.publishAsync('quotes', JSON.stringify(message), { qos: 1 });
  };
  /** @param {string} sentence */
  const says = (sentence) => until(() => bridge.missing.join() === `backend ${address}: ${sentence}`);
  return { bridge, publish, says, isReady: () => until(() => bridge.missing.length === 0) };
}

test('a call that fails again and again is a reason, with the error, until it succeeds', async (t) => {
  let failures = 0;
  const { publish, says, isReady } = await running(t, {
    ...PLAIN,
    events: (/** @type {unknown[]} */ inputs) => {
      if (failures++ < 4) throw new Error('database or disk is full');
      return inputs.map(() => ({ orders: [], fills: [] }));
    },
  });
  await publish(QUOTE);
  await says('a call has failed 3 times and is tried again: database or disk is full');
  await isReady();
  assert.equal(failures, 5);
});

test('that every message is refused is a reason, until a valid one comes', async (t) => {
  const { bridge, publish, says, isReady } = await running(t, PLAIN);
  await publish({ sid: 'GOOG' }, 9);
  await publish(QUOTE);
  await publish({ sid: 'GOOG' }, 9);
  assert.deepEqual(bridge.missing, []);
  await publish({ sid: 'GOOG' });
  await says('each of the last 10 messages of quotes and data was refused');
  await publish(QUOTE);
  await isReady();
});

test('that the algorithm fails at every quote is a reason, until it decides one', async (t) => {
  const { publish, says, isReady } = await running(t, {
    ...PLAIN,
    event: (/** @type {any} */ quote) => {
      if (quote.quote === 13) throw new Error('unlucky');
      return null;
    },
  });
  await publish({ ...QUOTE, quote: 13 }, 12);
  await says('the algorithm failed at each of the last 12 quotes and data');
  await publish(QUOTE);
  await isReady();
});

test('a call that is not answered for more than 30 seconds is told, and one that is tried again begins anew', () => {
  let now = 0;
  const watch = new CallWatch(undefined, () => now);
  watch.begin();
  now = 30_000;
  assert.equal(watch.trouble, '');
  now = 42_000;
  assert.equal(watch.trouble, 'it has not answered a call for 42 seconds');
  watch.failed(); // the connection was lost
  assert.equal(watch.trouble, '');
  watch.begin();
  now = 50_000;
  assert.equal(watch.trouble, '');
});

test('a call that is not answered for 30 seconds is said once, and one that was answered before is not', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  /** @type {string[]} */
  const said = [];
  const watch = new CallWatch((sentence) => said.push(sentence));
  watch.begin();
  t.mock.timers.tick(29_999);
  watch.failed(new Error('tried again'));
  watch.begin();
  t.mock.timers.tick(29_999);
  watch.ended();
  t.mock.timers.tick(60_000);
  assert.deepEqual(said, []);
  watch.begin();
  t.mock.timers.tick(60_000);
  assert.deepEqual(said, ['it has not answered a call for 30 seconds']);
});

test('a clock that is set is said once and told for a minute, and one that is slewed is not', () => {
  let [wall, steady] = [1e12, 0];
  /** @type {string[]} */
  const said = [];
  const clock = new ClockWatch(
    (sentence) => said.push(sentence),
    () => wall,
    () => steady,
  );
  /** @param {number} passed  ms @param {number} moved  ms */
  const after = (passed, moved) => {
    steady += passed;
    wall += passed + moved;
    return clock.trouble;
  };
  assert.equal(after(1000, 1900), '');
  assert.equal(after(86_400_000, 40_000), '');
  assert.equal(after(1000, -3_600_000), 'the clock of this computer was set back by 3600 s');
  assert.equal(after(59_000, 0), 'the clock of this computer was set back by 3600 s');
  assert.equal(after(1000, 0), '');
  assert.equal(after(1000, 60_000), 'the clock of this computer was set ahead by 60 s, or it slept so long');
  assert.equal(said.length, 2);
});

test('bad ones in a row are told from the tenth, until a good one or a minute without any', () => {
  let now = 0;
  const streak = new Streak(() => now);
  streak.bad(9);
  assert.equal(streak.length, 0);
  streak.good();
  streak.bad(9);
  now = 59_000;
  streak.bad(1);
  assert.equal(streak.length, 10);
  now = 118_000;
  assert.equal(streak.length, 10);
  now = 119_000;
  assert.equal(streak.length, 0);
});

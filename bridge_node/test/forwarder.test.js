/** The loop of a route, held between two batches. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Forwarder } from '../src/route/forwarder.js';
import { ReadPacing } from '../src/route/read_pacing.js';
import { Deferred } from '../src/support/deferred.js';

test('it can be held while it waits for the backend, when no message has come', async () => {
  const ready = new Deferred();
  const begun = new Deferred();
  const steps = {
    ready: () => {
      begun.resolve();
      return ready.promise;
    },
    decide: async () => [],
    settle: async () => {},
    inputsWait: () => {},
    commandsWait: () => {},
  };
  const forwarder = new Forwarder(steps, new ReadPacing(() => {}));
  const ended = forwarder.run();
  await begun.promise;
  const held = forwarder.hold();
  ready.resolve();
  await held;
  forwarder.go();
  forwarder.stop();
  await ended;
  assert.equal(forwarder.inputs.length, 0);
});

test('a hold begins once what was taken is published and acknowledged, and nothing is taken until it ends', async () => {
  const [settling, settled] = [new Deferred(), new Deferred()];
  /** @type {string[]} */
  const decided = [];
  const steps = {
    ready: async () => {},
    decide: async (/** @type {any[]} */ batch) => batch.map(({ message }) => decided.push(message.topic)),
    settle: () => {
      settling.resolve();
      return settled.promise;
    },
    inputsWait: () => {},
    commandsWait: () => {},
  };
  const forwarder = new Forwarder(/** @type {any} */ (steps), new ReadPacing(() => {}), 2);
  const push = (/** @type {string} */ topic) =>
    forwarder.inputs.push(/** @type {any} */ ({ message: { topic, bytes: 1 }, kind: 'quote', inputs: [{}] }));
  const ended = forwarder.run();
  push('first');
  await settling.promise;
  let isHeld = false;
  const held = forwarder.hold().then(() => {
    isHeld = true;
  });
  push('second');
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!isHeld);
  settled.resolve();
  await held;
  assert.deepEqual(decided, ['first']);
  forwarder.go();
  await ended;
  assert.deepEqual(decided, ['first', 'second']);
});

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

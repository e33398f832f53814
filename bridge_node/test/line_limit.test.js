import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LineLimit } from '../src/support/line_limit.js';

test('of a flood ten lines in a second are warnings, and the rest is of the level debug', (t) => {
  let now = 5000;
  t.mock.method(performance, 'now', () => now);
  const limit = new LineLimit();
  const flood = () => Array.from({ length: 1000 }, () => limit.next());
  assert.equal(flood().filter((level) => level === 'warn').length, 10);
  now += 999;
  assert.equal(limit.next(), 'debug');
  now += 1;
  assert.deepEqual(flood().slice(0, 11), [...Array(10).fill('warn'), 'debug']);
});

/** The message that an error suggests in place of one that is no quote. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nearestMessage } from '../src/messages/suggestion.js';

test('the suggested message has no price as its instrument', () => {
  assert.equal(nearestMessage({ close: 100.28 }), '{"sid":"GOOG","quote":100.28}');
  assert.equal(nearestMessage({ battery: 7 }), '{"sid":"battery","quote":7}');
});

/** Which messages get the ids of before. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Message } from '../src/mqtt/message.js';
import { GivenIds } from '../src/route/given_ids.js';
import { MemoryBudget } from '../src/support/memory_budget.js';
import { now } from '../src/support/moment.js';

const acknowledger = /** @type {any} */ ({ add() {}, release() {} });

/**
 * @param {number} packetId
 * @param {string} payload
 * @param {{isRepeat?: boolean, topic?: string, qos?: number}} [how]
 */
function arrived(packetId, payload, { isRepeat = false, topic = 'quotes', qos = 1 } = {}) {
  const share = new MemoryBudget().share();
  return new Message(
    topic,
    Buffer.from(payload),
    packetId,
    now(),
    share,
    qos === 0 ? undefined : acknowledger,
    undefined,
    isRepeat,
  );
}

/**
 * @param {GivenIds} ids
 * @param {Message} message
 * @param {number} [count]  of inputs in it
 */
function read(ids, message, count = 1) {
  ids.begin(message);
  return Array.from({ length: count }, ids.next).map((id) => Number(id.split('-')[1]));
}

test('a message that is sent again gets its ids again, acknowledged or not, as often as it comes', () => {
  const ids = new GivenIds();
  const first = arrived(1, 'a');
  assert.deepEqual(read(ids, first, 2), [0, 1]);
  assert.deepEqual(read(ids, arrived(2, 'b')), [2]);
  first.acknowledge();
  for (const _ of [1, 2]) {
    assert.deepEqual(read(ids, arrived(1, 'a', { isRepeat: true }), 2), [0, 1]);
    assert.deepEqual(read(ids, arrived(2, 'b', { isRepeat: true })), [2]);
  }
  assert.deepEqual(read(ids, arrived(3, 'c')), [3]);
});

test('a message that the broker does not mark, or that is another one, gets new ids', () => {
  const ids = new GivenIds();
  assert.deepEqual(read(ids, arrived(1, 'a')), [0]);
  assert.deepEqual(read(ids, arrived(1, 'a')), [1], 'the same price again, with a packet id that is free again');
  assert.deepEqual(read(ids, arrived(1, 'b', { isRepeat: true })), [2]);
  assert.deepEqual(read(ids, arrived(1, 'b', { isRepeat: true, topic: 'other' })), [3]);
  assert.deepEqual(read(ids, arrived(9, 'b', { isRepeat: true })), [4], 'of an earlier process');
  assert.deepEqual(read(ids, arrived(0, 'b', { qos: 0 })), [5]);
  assert.deepEqual(read(ids, arrived(0, 'b', { qos: 0, isRepeat: true })), [6]);
});

test('the latest 4,000 messages are remembered', () => {
  const ids = new GivenIds();
  for (let n = 0; n < 4002; n++) read(ids, arrived(n + 1, 'a'));
  assert.deepEqual(read(ids, arrived(3, 'a', { isRepeat: true })), [2]);
  assert.deepEqual(read(ids, arrived(2, 'a', { isRepeat: true })), [4002]);
});

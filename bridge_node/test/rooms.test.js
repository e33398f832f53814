import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';

import { readPublish, writePublish } from '../src/mqtt/packets.js';
import { over, PacketStream } from '../src/mqtt/packet_stream.js';
import { Rooms } from '../src/mqtt/rooms.js';
import { errorRecord } from '../src/route/error_record.js';
import { messageOf } from './helpers.js';

const CONNACK = Buffer.from([0x20, 3, 0, 0, 0]);
const SIZE = 1024 * 1024;
const HALF = SIZE / 2;
/** How many connections receive a large packet at a time. */
const ROOMS = 4;

/** @param {string} payload */
function publish(payload) {
  const bytes = Buffer.alloc(payload.length + 100);
  const publication = { topic: Buffer.from('quotes'), payload: Buffer.from(payload), retain: false };
  return bytes.subarray(0, writePublish(bytes, 0, publication, 7, true));
}

/**
 * A connection that is up.
 * @param {Rooms} rooms
 */
async function connected(rooms) {
  const socket = new PassThrough();
  const stream = new PacketStream(over(socket), rooms);
  stream.on('error', () => {});
  /** @type {string[]} */
  const seen = [];
  socket.write(CONNACK);
  await once(stream, 'readable');
  stream.read();
  stream.begin({
    handle(bytes, first, frame) {
      seen.push(String(readPublish(bytes, first, frame, true).payload));
      return true;
    },
  });
  return { socket, stream, seen };
}

/**
 * Connections that have each received half of a large packet, whose other half is `rest`.
 * @param {number} count
 */
async function halfway(count) {
  const rooms = new Rooms();
  /** @type {(Awaited<ReturnType<typeof connected>> & {payload: string, rest: Buffer})[]} */
  const connections = [];
  for (let n = 0; n < count; n++) {
    const payload = String(n).repeat(SIZE);
    const packet = publish(payload);
    const connection = await connected(rooms);
    connection.socket.write(packet.subarray(0, HALF));
    await nextTurn();
    await nextTurn();
    connections.push({ ...connection, payload, rest: packet.subarray(HALF) });
  }
  const paused = () => connections.map(({ socket }) => socket.isPaused());
  return { connections, paused };
}

test('few connections receive a large packet at a time, and the others go on in the order of their packets', async () => {
  const { connections, paused } = await halfway(ROOMS + 3);
  assert.deepEqual(paused(), [false, false, false, false, true, true, true]);
  for (const { socket, rest } of connections) socket.write(Buffer.concat([rest, publish('small')]));
  for (const { seen } of connections) while (seen.length < 2) await nextTurn();
  for (const { seen, payload } of connections) assert.deepEqual(seen, [payload, 'small']);
  assert.ok(!paused().includes(true));
});

test('a connection that ends in the midst of a large packet makes room for the next', async () => {
  const { connections, paused } = await halfway(ROOMS + 2);
  connections[ROOMS].stream.destroy(); // it waits
  connections[0].stream.destroy();
  assert.equal(paused().at(-1), false);
  const { socket, rest, seen, payload } = connections[ROOMS + 1];
  socket.write(rest);
  while (seen.length < 1) await nextTurn();
  assert.deepEqual(seen, [payload]);
});

test('a pause takes effect behind the large packet that is being received, so that no room stays taken', async () => {
  const { connections } = await halfway(1);
  const [{ socket, stream, rest, seen, payload }] = connections;
  stream.pauseReading();
  socket.write(rest);
  while (seen.length < 1) await nextTurn();
  assert.deepEqual(seen, [payload]);
  assert.ok(socket.isPaused());
});

test('a connection that is paused does not wait for a room', async () => {
  const { connections, paused } = await halfway(ROOMS + 2);
  const waiting = connections[ROOMS];
  waiting.stream.pauseReading();
  connections[0].stream.destroy();
  assert.deepEqual(paused().slice(ROOMS), [true, false]);
  waiting.stream.resumeReading();
  connections[1].stream.destroy();
  assert.deepEqual(paused().slice(ROOMS), [false, false]);
});

test('the record of a message is the same when no more than its beginning is kept', () => {
  const message = messageOf(Buffer.from('größe'.repeat(100_000)));
  const record = errorRecord(message, 'algorithm', 'broken');
  message.abridge();
  assert.ok(message.payload.length < 100_000);
  assert.equal(errorRecord(message, 'algorithm', 'broken'), record);
});

/** When a message was published, as its publisher has marked it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PacketError, readFrame, readPublish } from '../src/mqtt/packets.js';

const AT = '1795860000120';

/** @param {string} text */
function utf8(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** @param {string} name @param {string} value */
const user = (name, value) => Buffer.concat([Buffer.from([0x26]), utf8(name), utf8(value)]);

/** [MQTT5-2.2.2] The length of properties, 7 bits in each byte. @param {number} length */
function variable(length) {
  const bytes = [];
  do {
    bytes.push((length & 0x7f) | (length >= 0x80 ? 0x80 : 0));
    length >>= 7;
  } while (length > 0);
  return Buffer.from(bytes);
}

/**
 * A PUBLISH at QoS 1 with these properties.
 * @param {Buffer[]} properties
 * @param {Buffer} [length]  of the properties
 */
function publish(properties, length) {
  const all = Buffer.concat(properties);
  const body = Buffer.concat([
    utf8('quotes'),
    Buffer.from([0, 7]),
    length ?? variable(all.length),
    all,
    Buffer.from('x'),
  ]);
  return Buffer.concat([Buffer.from([0x32]), variable(body.length), body]);
}

/** @param {Buffer} packet */
function read(packet) {
  const frame = /** @type {import('../src/mqtt/packets.js').Frame} */ (readFrame(packet, 0));
  return readPublish(packet, packet[0], frame, true);
}

const OTHERS = [
  Buffer.from([0x01, 1]), // payload format
  Buffer.from([0x02, 0, 0, 0, 9]), // message expiry
  Buffer.from([0x23, 0, 9]), // topic alias
  Buffer.concat([Buffer.from([0x03]), utf8('application/json')]),
  Buffer.concat([Buffer.from([0x08]), utf8('answers')]),
  Buffer.concat([Buffer.from([0x09]), utf8('published')]),
  user('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  user('published', 'yesterday'),
  user('publishes', AT),
];

test('the mark is found alone, and among other properties', () => {
  for (const properties of [[], OTHERS]) {
    for (const found of [
      read(publish([...properties, user('published', AT)])),
      read(publish([user('published', AT), ...properties])),
    ]) {
      assert.equal(found.published, Number(AT));
      assert.equal(String(found.payload), 'x');
    }
  }
});

test('a message without it has none, and is read all the same', () => {
  const nearly = ['', '17958600001', '1795860000120.5', '-179586000012', '179586000012e', '0x9586000012f'];
  for (const properties of [[], OTHERS, ...nearly.map((value) => [user('published', value)])]) {
    const found = read(publish(properties));
    assert.equal(found.published, undefined);
    assert.equal(String(found.payload), 'x');
  }
});

test('properties that are cut off or not known harm nothing', () => {
  assert.equal(read(publish([Buffer.from([0x26, 0, 9])])).published, undefined); // its name lies beyond the packet
  const whole = publish([...OTHERS, user('published', AT)]);
  for (let length = 0; length < 250; length++) {
    const cut = publish([...OTHERS, user('published', AT)], variable(length));
    try {
      assert.ok([undefined, Number(AT)].includes(read(cut).published));
    } catch (error) {
      assert.ok(error instanceof PacketError, String(error));
    }
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let at = 11; at < whole.length; at++) {
      const broken = Buffer.from(whole);
      broken[at] = byte;
      try {
        read(broken);
      } catch (error) {
        assert.ok(error instanceof PacketError, String(error));
      }
    }
  }
});

/**
 * The two packets of MQTT that pass by the thousand, as bytes. Numbers in brackets are sections of
 * https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html; 3.1.1 has the same, without properties.
 */

export const PUBLISH = 3;
export const PUBACK = 4;

const RETAIN = 1;
const DUP = 8;
/** Bytes behind the fixed header of a packet that is not large: an array of a thousand plain quotes. */
const MAX_ORDINARY = 128 * 1024;
/** [2.1.4] Bytes of the length of a packet, 7 bits in each. */
const MAX_LENGTH_BYTES = 4;
/** Bytes of a PUBLISH beside topic and payload: type, lengths, packet id, no properties. */
export const PUBLISH_OVERHEAD = 1 + MAX_LENGTH_BYTES + 2 + 2 + 1;

/** The broker sent something that is not a valid MQTT packet. */
export class PacketError extends Error {
  name = 'PacketError';
  /** MQTT.js emits only those errors of a stream that have a code. */
  code = 'MALFORMED_PACKET';
}

/**
 * Where a packet lies in a piece of data, if all of it is there.
 * @typedef {object} Frame
 * @property {number} start  of what comes after the fixed header
 * @property {number} end
 */

/**
 * [2.1] Read the fixed header of a packet.
 * @param {Buffer} bytes
 * @param {number} at  where the packet begins
 * @returns {Frame | undefined} undefined if its length is not all there yet; the end may lie beyond
 *   the data
 * @throws {PacketError} if its length is not valid
 */
export function readFrame(bytes, at) {
  let length = 0;
  for (let n = 0; at + 1 + n < bytes.length; n++) {
    if (n === MAX_LENGTH_BYTES) throw new PacketError('the broker sent a packet whose length is not valid');
    const byte = bytes[at + 1 + n];
    length |= (byte & 0x7f) << (7 * n);
    if (byte < 0x80) return { start: at + 2 + n, end: at + 2 + n + length };
  }
  return undefined;
}

/** @param {Frame} frame  whether it is so large that few are to be held as a whole at a time */
export function isLarge({ start, end }) {
  return end - start > MAX_ORDINARY;
}

/**
 * [3.3] Read a PUBLISH at QoS 0 or 1.
 * @param {Buffer} bytes
 * @param {number} first  byte of the packet
 * @param {Frame} frame
 * @param {boolean} hasProperties  as in MQTT 5
 * @returns {{topic: string, payload: Buffer, qos: number, retain: boolean, isRepeat: boolean, packetId: number, published?: number}}
 *   packet id 0 at QoS 0; `isRepeat` if the broker may have sent it before; `published` is in ms since 1970, if the publisher has marked that
 * @throws {PacketError} if it is not valid
 */
export function readPublish(bytes, first, { start, end }, hasProperties) {
  const qos = (first >> 1) & 3;
  if (qos > 1) throw new PacketError(`the broker sent a PUBLISH at QoS ${qos}, but we subscribed at QoS 1`);
  // what lies beyond the data reads as undefined, and the end is checked once
  let at = start + 2 + uint16(bytes, start);
  const topic = bytes.toString('utf8', start + 2, at);
  let packetId = 0;
  if (qos > 0) {
    packetId = uint16(bytes, at);
    at += 2;
  }
  const properties = at;
  if (hasProperties) at = skipProperties(bytes, at);
  if (!(at <= end)) throw new PacketError('the broker sent a PUBLISH whose fields exceed its length');
  const published = at > properties + 1 ? readPublished(bytes, properties, at) : undefined;
  return {
    topic,
    payload: bytes.subarray(at, end),
    qos,
    retain: (first & RETAIN) !== 0,
    isRepeat: (first & DUP) !== 0,
    packetId,
    published,
  };
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function uint16(bytes, at) {
  return bytes[at] * 256 + bytes[at + 1];
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function skipProperties(bytes, at) {
  if (bytes[at] === 0) return at + 1;
  let length = 0;
  for (let n = 0; n < MAX_LENGTH_BYTES; n++) {
    const byte = bytes[at + n];
    length |= (byte & 0x7f) << (7 * n);
    if (byte < 0x80) return at + n + 1 + length;
  }
  throw new PacketError('the broker sent properties whose length is not valid');
}

/** [2.2.2.2] Bytes of the value of a property of PUBLISH, by its identifier. @type {Record<number, number>} */
const FIXED = { 0x01: 1, 0x02: 4, 0x23: 2 };
/** Properties of PUBLISH whose value is a length of two bytes and that many bytes. */
const SIZED = [0x03, 0x08, 0x09];
const USER_PROPERTY = 0x26;
/** The user property in which a publisher marks when it has published a message (contracts/README.md). */
const PUBLISHED = Buffer.from('published');
/** Digits of a time in ms since 1970, from 2001 to 2286. */
const TIME_DIGITS = 13;

/**
 * [3.3.2.3] Read when a message was published, of one that has properties.
 * @param {Buffer} bytes
 * @param {number} at  where the length of the properties is
 * @param {number} end  of the properties
 * @returns {number | undefined} ms since 1970; undefined if that is not told, or not as a publisher of ours writes it
 */
function readPublished(bytes, at, end) {
  while (bytes[at] >= 0x80) at += 1;
  at += 1;
  while (at < end) {
    const property = bytes[at++];
    if (property in FIXED) at += FIXED[property];
    else if (SIZED.includes(property)) at += 2 + uint16(bytes, at);
    else if (property === USER_PROPERTY) {
      const value = at + 2 + uint16(bytes, at);
      const next = value + 2 + uint16(bytes, value);
      if (!(next <= end)) return undefined;
      if (isNamed(bytes, at + 2, value) && next - value === 2 + TIME_DIGITS) {
        const text = bytes.toString('latin1', value + 2, next);
        if (/^\d+$/.test(text)) return Number(text);
      }
      at = next;
    } else return undefined; // the identifier of a subscription, which we have not asked for
  }
  return undefined;
}

/**
 * @param {Buffer} bytes
 * @param {number} start  of a name
 * @param {number} end
 */
function isNamed(bytes, start, end) {
  return end - start === PUBLISHED.length && bytes.compare(PUBLISHED, 0, PUBLISHED.length, start, end) === 0;
}

/**
 * [3.4] Read a PUBACK.
 * @param {Buffer} bytes
 * @param {Frame} frame
 * @returns {{packetId: number, reasonCode: number}} from 128 on a reason code is a refusal
 * @throws {PacketError} if it is not valid
 */
export function readPuback(bytes, { start, end }) {
  if (end - start < 2) throw new PacketError('the broker sent a PUBACK without a packet id');
  return { packetId: bytes.readUInt16BE(start), reasonCode: end - start > 2 ? bytes[start + 2] : 0 };
}

/**
 * [3.3] Write a PUBLISH at QoS 1.
 * @param {Buffer} bytes  with room for the packet
 * @param {number} at
 * @param {object} packet
 * @param {Uint8Array} packet.topic
 * @param {Uint8Array} packet.payload
 * @param {boolean} packet.retain
 * @param {number} packetId
 * @param {boolean} hasProperties  as in MQTT 5
 * @returns {number} where it ends
 */
export function writePublish(bytes, at, { topic, payload, retain }, packetId, hasProperties) {
  bytes[at++] = (PUBLISH << 4) | 0b10 | (retain ? RETAIN : 0);
  let length = 2 + topic.length + 2 + (hasProperties ? 1 : 0) + payload.length;
  while (length >= 0x80) {
    bytes[at++] = (length & 0x7f) | 0x80;
    length >>= 7;
  }
  bytes[at++] = length;
  at = bytes.writeUInt16BE(topic.length, at);
  bytes.set(topic, at);
  at = bytes.writeUInt16BE(packetId, at + topic.length);
  if (hasProperties) bytes[at++] = 0;
  bytes.set(payload, at);
  return at + payload.length;
}

/**
 * [3.4] PUBACKs of success, one after the other.
 * @param {number[]} packetIds
 * @returns {Buffer}
 */
export function pubacks(packetIds) {
  const bytes = Buffer.alloc(packetIds.length * 4);
  packetIds.forEach((packetId, n) => {
    bytes.writeUInt16BE((PUBACK << 12) | 2, n * 4); // type, and a length of 2
    bytes.writeUInt16BE(packetId, n * 4 + 2);
  });
  return bytes;
}

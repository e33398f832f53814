import { Encoder } from '@msgpack/msgpack';

// The package has no hooks for strings and BigInts, hence its private methods; tests fail if they are renamed.

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** An encoder whose texts, integers and maps Python can read. */
export function createEncoder() {
  const encoder = new Encoder();
  refuseLoneSurrogates(encoder);
  extendObjects(encoder);
  return encoder;
}

/**
 * A string with half of a surrogate pair has no UTF-8 form. Python drops the whole event silently, and the
 * caller would see a lost remote at every attempt.
 * @param {any} encoder
 */
function refuseLoneSurrogates(encoder) {
  const { encodeString } = encoder;
  encoder.encodeString = function (/** @type {any} */ text) {
    if (!text.isWellFormed()) {
      throw new TypeError(`the text ${JSON.stringify(text.slice(0, 40))} holds half of a surrogate pair`);
    }
    encodeString.call(this, text);
  };
}

/**
 * BigInts are integers, and Maps are maps. The package's own `useBigInt64` would write all large numbers as floats.
 * @param {any} encoder
 */
function extendObjects(encoder) {
  const { encodeObject } = encoder;
  encoder.encodeObject = function (/** @type {unknown} */ value, /** @type {number} */ depth) {
    if (typeof value === 'bigint') writeInteger(this, value);
    else if (value instanceof Map) writeMap(this, value, depth);
    else if (value instanceof Set) throw new TypeError('a Set has no form in MessagePack; pass an array');
    else encodeObject.call(this, value, depth);
  };
}

/**
 * @param {any} encoder
 * @param {bigint} value
 */
function writeInteger(encoder, value) {
  if (value < MIN_INT64 || value > MAX_UINT64) throw new RangeError(`the integer ${value} has more than 64 bits`);
  const number = Number(value);
  if (Number.isSafeInteger(number)) encoder.encodeNumber(number);
  else encoder.encodeBigInt64(value);
}

/**
 * @param {any} encoder
 * @param {Map<unknown, unknown>} map
 * @param {number} depth
 */
function writeMap(encoder, map, depth) {
  if (map.size < 0x10) {
    encoder.writeU8(0x80 + map.size);
  } else if (map.size < 0x10000) {
    encoder.writeU8(0xde);
    encoder.writeU16(map.size);
  } else {
    encoder.writeU8(0xdf);
    encoder.writeU32(map.size);
  }
  for (const [key, value] of map) {
    // Python drops an event that holds a map with another key (msgpack's strict_map_key)
    if (typeof key !== 'string') throw new TypeError(`the key ${String(key)} of a Map is not a string`);
    encoder.encodeString(key);
    encoder.doEncode(value, depth + 1);
  }
}

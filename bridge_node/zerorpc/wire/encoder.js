import { Encoder } from '@msgpack/msgpack';

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

// The package has no hooks for strings, BigInts and Maps, hence its private methods, which types do not know; tests
// fail if they are renamed.
const Base = /** @type {any} */ (Encoder);

/** A value that is encoded already: where it is a part of another one, its bytes are written as they are. */
export class Packed {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
}

/** Writes texts, integers and maps so that Python can read them. */
class PlainEncoder extends Base {
  /** What was packed of the present value, and where it is. @type {[Packed, number][]} */
  packed = [];

  /**
   * What is packed lies in the bytes of the whole from then on, so that it is in memory once.
   * @param {unknown} value
   */
  encode(value) {
    this.packed = [];
    const bytes = super.encode(value);
    for (const [packed, at] of this.packed) packed.bytes = bytes.subarray(at, at + packed.bytes.length);
    this.packed = [];
    return bytes;
  }

  /**
   * A string with half of a surrogate pair has no UTF-8 form. Python drops the whole event silently, and the
   * caller would see a lost remote at every attempt.
   * @param {any} text
   */
  encodeString(text) {
    if (!text.isWellFormed()) {
      throw new TypeError(`the text ${JSON.stringify(text.slice(0, 40))} holds half of a surrogate pair`);
    }
    super.encodeString(text);
  }

  /**
   * All that is no nil, boolean, number or text. The package's own `useBigInt64` would write large numbers as floats.
   * @param {unknown} value
   * @param {number} depth
   */
  encodeObject(value, depth) {
    if (typeof value === 'bigint') this.encodeInteger(value);
    else if (value instanceof Packed) this.encodePacked(value);
    else super.encodeObject(value, depth);
  }

  /** @param {Packed} value */
  encodePacked(value) {
    this.packed.push([value, this.pos]);
    this.writeU8a(value.bytes);
  }

  /** @param {bigint} value */
  encodeInteger(value) {
    if (value < MIN_INT64 || value > MAX_UINT64) throw new RangeError(`the integer ${value} has more than 64 bits`);
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.encodeNumber(number);
    else this.encodeBigInt64(value);
  }

  /**
   * @param {object} value
   * @param {number} depth
   */
  encodeMap(value, depth) {
    if (value instanceof Map) this.encodeEntries(value, depth);
    else if (value instanceof Set) throw new TypeError('a Set has no form in MessagePack; pass an array');
    else super.encodeMap(value, depth);
  }

  /**
   * @param {Map<unknown, unknown>} map
   * @param {number} depth
   */
  encodeEntries(map, depth) {
    if (map.size < 0x10) {
      this.writeU8(0x80 + map.size);
    } else if (map.size < 0x10000) {
      this.writeU8(0xde);
      this.writeU16(map.size);
    } else {
      this.writeU8(0xdf);
      this.writeU32(map.size);
    }
    for (const [key, value] of map) {
      // Python drops an event that holds a map with another key (msgpack's strict_map_key)
      if (typeof key !== 'string') throw new TypeError(`the key ${String(key)} of a Map is not a string`);
      this.encodeString(key);
      this.doEncode(value, depth + 1);
    }
  }
}

/** @returns {Encoder} */
export function createEncoder() {
  return /** @type {any} */ (new PlainEncoder());
}

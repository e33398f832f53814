import { Decoder } from '@msgpack/msgpack';

import { MAX_ELEMENTS, MAX_LEVELS } from './limits.js';

// The package has no options for the two things that are done here, hence its private methods, which types do not
// know; tests fail if they are renamed.
const Base = /** @type {any} */ (Decoder);

const PROTO = '__proto__';
/** Stands for a key of this name, which the package refuses. */
const PROTO_KEY = Symbol(PROTO);

/**
 * Room for an array is made when its size is read. A few bytes may claim four thousand million elements, and nest
 * that; but each element of each array has at least one byte in the message.
 */
class BoundedDecoder extends Base {
  claimed = 0;

  /** @param {{rawStrings: boolean}} options */
  constructor({ rawStrings }) {
    super({ rawStrings, mapKeyConverter: keyOf });
  }

  /** @param {number} size */
  pushArrayState(size) {
    this.claim(size);
    super.pushArrayState(size);
  }

  /** @param {number} size */
  pushMapState(size) {
    this.claim(size);
    super.pushMapState(size);
  }

  /** @param {number} size */
  claim(size) {
    if (this.stack.length === 0) this.claimed = 0;
    if (this.stack.length >= MAX_LEVELS) throw new RangeError(`it has more than ${MAX_LEVELS} levels`);
    this.claimed += size;
    if (this.claimed > this.bytes.length) throw new RangeError('it claims more elements than it has bytes');
    if (this.claimed > MAX_ELEMENTS) throw new RangeError(`it has more than ${MAX_ELEMENTS} elements`);
  }

  /**
   * Any text may be a key, such as the name of an instrument: without this one could make a message unreadable.
   * @param {number} bytes
   * @param {number} headerBytes
   */
  decodeString(bytes, headerBytes) {
    const text = super.decodeString(bytes, headerBytes);
    if (text !== PROTO || !this.stateIsMapKey()) return text;
    // of an own property the name has no other meaning
    Object.defineProperty(this.stack.top().map, PROTO, {
      value: null,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    return PROTO_KEY;
  }
}

/** @param {unknown} key @returns {string | number} */
function keyOf(key) {
  if (key === PROTO_KEY) return PROTO;
  if (typeof key === 'string' || typeof key === 'number') return key;
  throw new TypeError('a key of a map is neither a text nor a number');
}

/** Reads integers that no number holds as BigInt. */
class ExactDecoder extends BoundedDecoder {
  readU64() {
    return narrowed(this.readU64AsBigInt());
  }

  readI64() {
    return narrowed(this.readI64AsBigInt());
  }
}

/**
 * @param {{rawStrings?: boolean, bigint: boolean}} options  rawStrings: leave texts as UTF-8 bytes; bigint: read
 *   integers that no number holds as BigInt, not as the nearest number
 * @returns {Decoder}
 */
export function createDecoder({ rawStrings = false, bigint }) {
  /** @type {any} */
  const Kind = bigint ? ExactDecoder : BoundedDecoder;
  return new Kind({ rawStrings });
}

/** @param {bigint} value */
function narrowed(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

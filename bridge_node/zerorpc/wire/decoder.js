import { Decoder } from '@msgpack/msgpack';

// The package has no options for the two things that are done here, hence its private methods, which types do not
// know; tests fail if they are renamed.
const Base = /** @type {any} */ (Decoder);

/**
 * Room for an array is made when its size is read. A few bytes may claim four thousand million elements, and nest
 * that; but each element of each array has at least one byte in the message.
 */
class BoundedDecoder extends Base {
  claimed = 0;

  /** @param {number} size */
  pushArrayState(size) {
    if (this.stack.length === 0) this.claimed = 0;
    this.claimed += size;
    if (this.claimed > this.bytes.length) throw new RangeError('it claims more elements than it has bytes');
    super.pushArrayState(size);
  }
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

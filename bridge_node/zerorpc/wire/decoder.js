import { Decoder } from '@msgpack/msgpack';

// The package has no options for the two things that are done here, hence its private methods; tests fail if they
// are renamed.

/**
 * @param {{rawStrings?: boolean, bigint: boolean}} options  rawStrings: leave texts as UTF-8 bytes; bigint: read
 *   integers that no number holds as BigInt, not as the nearest number
 */
export function createDecoder({ rawStrings = false, bigint }) {
  const decoder = new Decoder({ rawStrings });
  boundArrays(decoder);
  if (bigint) readExactIntegers(decoder);
  return decoder;
}

/**
 * Room for an array is made when its size is read. A few bytes may claim four thousand million elements, and nest
 * that; but each element of each array has at least one byte in the message.
 * @param {any} decoder
 */
function boundArrays(decoder) {
  const { pushArrayState } = decoder;
  let claimed = 0;
  decoder.pushArrayState = function (/** @type {number} */ size) {
    if (this.stack.length === 0) claimed = 0;
    claimed += size;
    if (claimed > this.bytes.length) throw new RangeError('it claims more elements than it has bytes');
    pushArrayState.call(this, size);
  };
}

/** @param {any} decoder */
function readExactIntegers(decoder) {
  decoder.readU64 = function () {
    return narrowed(this.readU64AsBigInt());
  };
  decoder.readI64 = function () {
    return narrowed(this.readI64AsBigInt());
  };
}

/** @param {bigint} value */
function narrowed(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** How much memory decoded messages take: about, and rather more. As V8 has it, with pointers of 64 bits. */

/** Bytes of a map or a list without its elements; an element of a list beside its value; a number; a text without its characters. */
const CONTAINER = 64;
const ELEMENT = 8;
const NUMBER = 16;
const TEXT = 24;
/** Bytes of a field beside its value and its name, if the map before had one of this name in the same place. */
const FIELD = 8;
/** Bytes of any other field, with what V8 notes about maps that have it. */
const NAMED_FIELD = 176;
/** Fields of an input whose names all inputs have. */
const OWN_FIELDS = 5;

/**
 * The bytes that decoded inputs take; of those that take more than `max`, any number above it.
 * @param {readonly import('./kinds.js').Input[]} inputs
 * @param {number} max
 */
export function weightOf(inputs, max) {
  /** @type {string[][]} */
  const names = [];
  let bytes = CONTAINER;
  for (const input of inputs) {
    bytes += ELEMENT + (weightOfPlain(input) ?? weigh(input, max - bytes, 1, names));
    if (bytes > max) break;
  }
  return bytes;
}

/**
 * Of a quote without other fields, as most are: to look at each field takes three times as long.
 * @param {import('./kinds.js').Input} input
 * @returns {number | undefined} undefined if it is none
 */
function weightOfPlain(input) {
  let fields = 0;
  for (const _name in input) fields += 1;
  const { sid, quote, ts, id, channel } = /** @type {import('./quote.js').Quote} */ (input);
  const own = ts === undefined ? 4 : 5;
  if (fields !== own || typeof sid !== 'string' || typeof quote !== 'number') return undefined;
  const texts = sid.length + id.length + channel.length + (typeof ts === 'string' ? ts.length : 0);
  return CONTAINER + own * (FIELD + TEXT) + texts;
}

/**
 * @param {unknown} value
 * @param {number} max
 * @param {number} depth
 * @param {string[][]} names  by depth: of the fields of the map that came last; changed to those of this one
 * @returns {number}
 */
function weigh(value, max, depth, names) {
  if (typeof value === 'string') return TEXT + value.length;
  if (value === null || typeof value !== 'object') return NUMBER;
  let bytes = CONTAINER;
  if (Array.isArray(value)) {
    for (const element of value) {
      bytes += ELEMENT + weigh(element, max - bytes, depth + 1, names);
      if (bytes > max) break;
    }
    return bytes;
  }
  const before = (names[depth] ??= []);
  let fields = 0;
  for (const name in value) {
    if (before[fields] === name || (depth === 1 && fields < OWN_FIELDS)) bytes += FIELD;
    else bytes += NAMED_FIELD + name.length;
    before[fields++] = name;
    const inner = /** @type {Record<string, unknown>} */ (value)[name];
    if (typeof inner === 'string') bytes += TEXT + inner.length;
    else if (typeof inner === 'number') bytes += NUMBER;
    else bytes += weigh(inner, max - bytes, depth + 1, names);
    if (bytes > max) break;
  }
  return bytes;
}

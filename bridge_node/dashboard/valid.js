/**
 * Which messages the page takes: anybody may publish anything, and what is not of the shape that a view reads is passed
 * over. The schemas of contracts/ say the whole; a reader needs this much.
 */

/** @param {unknown} value */
const isText = (value) => typeof value === 'string';
/** @param {unknown} value */
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
/** @param {unknown} value */
const isTextOrNothing = (value) => value === undefined || value === null || isText(value);
/** @param {(each: unknown) => boolean} isEach */
const listOf = (isEach) => (/** @type {unknown} */ value) => Array.isArray(value) && value.every(isEach);
/** @param {(each: unknown) => boolean} isEach */
const mapOf = (isEach) => (/** @type {any} */ value) => isMap(value) && Object.values(value).every(isEach);

/** @param {any} value */
const isSample = (value) => Array.isArray(value) && value.length === 3 && isText(value[0]) && mapOf(isText)(value[1]);

/** By the first level of the topic. @type {Record<string, (message: any) => boolean>} */
const SHAPES = {
  algos: ({ name, state, address, since, channels, parameters }) =>
    [name, state, address, since].every(isText) &&
    (channels === null || channels === undefined || listOf(isText)(channels)) &&
    (parameters === undefined || isMap(parameters)),
  bridges: () => true,
  portfolios: ({ seq, halt, halted, positions, parameters }) =>
    Number.isFinite(seq) &&
    isTextOrNothing(halt) &&
    (halted === null || halted === undefined || (isText(halted.reason) && isTextOrNothing(halted.by))) &&
    (positions === null || positions === undefined || mapOf(isMap)(positions)) &&
    (parameters === null || parameters === undefined || isMap(parameters)),
  orders: ({ id, sid, side, reason }) => [id, sid, side].every(isText) && isTextOrNothing(reason),
  fills: ({ id, sid }) => [id, sid].every(isText),
  errors: ({ code, reason }) => isTextOrNothing(code) && isText(reason),
  replies: ({ id }) => id !== undefined,
  stats: ({ part, component, name, instance, at, since, reasons, samples }) =>
    [part, component, name, instance, at, since].every(isText) && listOf(isText)(reasons) && listOf(isSample)(samples),
};

/** @param {unknown} value */
const isNumberOrNothing = (value) => value === undefined || value === null || Number.isFinite(value);
/** @param {number} length */
const isRow = (length) => (/** @type {unknown} */ value) =>
  Array.isArray(value) && value.length >= length && value.slice(0, length).every(Number.isFinite);
/** @param {any} entry */
const isOrderEntry = (entry) =>
  isMap(entry) && isNumberOrNothing(entry.at) && isMap(entry.order) && SHAPES.orders(entry.order);
/** @param {any} entry */
const isErrorEntry = (entry) => isMap(entry) && isNumberOrNothing(entry.at);
/** @param {any} entry */
const isCommandEntry = (entry) => isMap(entry) && isNumberOrNothing(entry.at) && isMap(entry.reply);

/** By the question. @type {Record<string, (result: any) => boolean>} */
const ANSWERS = {
  equity: ({ points }) => listOf(isRow(2))(points),
  prices: ({ bars }) => listOf(isRow(5))(bars),
  orders: ({ orders }) => listOf(isOrderEntry)(orders),
  errors: ({ errors }) => listOf(isErrorEntry)(errors),
  commands: ({ commands }) => listOf(isCommandEntry)(commands),
};

/**
 * Whether an answer has what the page reads: a backend may be of anybody, in any language.
 * @param {string} query
 * @param {any} result
 */
export const isAnswer = (query, result) => isMap(result) && (ANSWERS[query]?.(result) ?? true);

/**
 * @param {string} kind  the first level of the topic
 * @param {any} message
 */
export const isValid = (kind, message) => isMap(message) && SHAPES[kind](message);

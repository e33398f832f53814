/** What a quote's fields are called: their own names, and those of others. */

const SID = ['sid', 'symbol', 'ticker'];
const QUOTE = ['quote', 'price', 'last', 'close'];
export const TIMES = ['time', 'timestamp', 'date', 'datetime'];

/** @typedef {Record<string, unknown>} Map */

/**
 * The name under which each field is in a message, undefined if it is not: an alias counts only where
 * the proper name is absent.
 * @param {Map} message
 */
export const nameOf = {
  /** @param {Map} message */
  sid: (message) => firstOf(SID, message),
  /** @param {Map} message */
  quote: (message) => firstOf(QUOTE, message),
  /**
   * null is as good as none.
   * @param {Map} message
   */
  ts: (message) => {
    if (isThere(message.ts)) return 'ts';
    return TIMES.find((name) => Object.hasOwn(message, name) && isThere(message[name]));
  },
};

/**
 * @param {string[]} names
 * @param {Map} message
 */
function firstOf(names, message) {
  return names.find((name) => Object.hasOwn(message, name));
}

/** @param {unknown} value */
function isThere(value) {
  return value !== undefined && value !== null;
}

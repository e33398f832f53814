/** The names of a quote's fields: the proper ones, and the aliases that others use. */

const SID = ['sid', 'symbol', 'ticker'];
const QUOTE = ['quote', 'price', 'last', 'close'];
export const TIMES = ['time', 'timestamp', 'date', 'datetime'];

/** @typedef {Record<string, unknown>} Map */

/**
 * The name that each field has in a message; undefined if it is absent. An alias counts only if the proper
 * name is absent.
 * @param {Map} message
 */
export const nameOf = {
  /** @param {Map} message */
  sid: (message) => firstOf(SID, message),
  /** @param {Map} message */
  quote: (message) => firstOf(QUOTE, message),
  /**
   * null counts as absent.
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

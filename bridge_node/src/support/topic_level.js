/** A name as one level of a topic, and back (contracts/README.md, "Topics"). */

/** @type {Record<string, string>} */
const CODES = { '%': '%25', '/': '%2F', '+': '%2B', '#': '%23', ' ': '%20' };
const NAMES = new Map(Object.entries(CODES).map(([character, code]) => [code, character]));

/**
 * @param {string} name
 * @returns {string} the level that stands for it, such as `BTC%2FUSDT` for `BTC/USDT`
 */
export function topicLevel(name) {
  return name.replace(/[%/+# ]/g, (character) => CODES[character]);
}

/**
 * @param {string} level
 * @returns {string | undefined} the name that it stands for; undefined if it stands for none
 */
export function nameOfLevel(level) {
  const name = level.replace(/%../gs, (code) => NAMES.get(code) ?? code);
  return name !== '' && topicLevel(name) === level ? name : undefined;
}

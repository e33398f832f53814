/** Names as levels of topics (contracts/README.md, "Names in topics"). */

const ENCODED = /** @type {Record<string, string>} */ ({
  '%': '%25',
  '/': '%2F',
  '+': '%2B',
  '#': '%23',
  ' ': '%20',
});

/** @param {string} name */
export const topicLevel = (name) => name.replace(/[%/+# ]/g, (each) => ENCODED[each]);

/** @param {string} level */
export const levelText = (level) => level.replace(/%(25|2F|2B|23|20)/g, (each) => decodeURIComponent(each));

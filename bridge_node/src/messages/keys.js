/** Finds keys that a map has twice: JSON.parse ignores all but the last. */

/**
 * @param {string} text  JSON that can be parsed
 * @returns {string | undefined}  the first key that its map has already
 */
export function duplicateKey(text) {
  /** The keys of the maps around, null for a list. @type {(Set<string> | null)[]} */
  const around = [];
  let isKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfText(text, at);
        if (isKey) {
          const written = text.slice(at, end + 1);
          const key = written.includes('\\') ? JSON.parse(written) : written.slice(1, -1);
          const keys = /** @type {Set<string>} */ (around.at(-1));
          if (keys.has(key)) return key;
          keys.add(key);
          isKey = false;
        }
        at = end;
        break;
      }
      case 0x7b: // {
        around.push(new Set());
        isKey = true;
        break;
      case 0x5b: // [
        around.push(null);
        isKey = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        around.pop();
        isKey = false;
        break;
      case 0x2c: // ,
        isKey = around.at(-1) !== null;
        break;
      default:
    }
  }
  return undefined;
}

/**
 * @param {string} text
 * @param {number} start  of a string in quotation marks
 * @returns {number}  where its last quotation mark is
 */
function endOfText(text, start) {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at += 1;
  }
}

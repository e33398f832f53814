/** Topic filters, by the rules of MQTT 5, section 4.7; 3.1.1 has the same. */

/** [MQTT-1.5.4] Bytes of a topic or a filter. */
const MAX_BYTES = 65535;

/**
 * Whether some topic matches both filters; with a topic as one of them, whether it matches.
 * @param {string} a
 * @param {string} b
 */
export function overlap(a, b) {
  const left = a.split('/');
  const right = b.split('/');
  // [MQTT-4.7.2-1] a wildcard at the front matches no topic that begins with $
  if (isWildcard(left[0]) && right[0].startsWith('$')) return false;
  if (isWildcard(right[0]) && left[0].startsWith('$')) return false;
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    // "sport/#" matches "sport" as well (section 4.7.1.2)
    if (left[i] === '#' || right[i] === '#') return true;
    if (left[i] === undefined || right[i] === undefined) return false;
    if (left[i] !== right[i] && left[i] !== '+' && right[i] !== '+') return false;
  }
  return true;
}

/**
 * @param {string} filter
 * @returns {string} why a broker would refuse it, as a part of a sentence; empty if it is valid
 */
export function filterFault(filter) {
  if (!filter.isWellFormed() || filter.includes('\0')) return 'it holds a character that MQTT forbids';
  if (new TextEncoder().encode(filter).length > MAX_BYTES) return 'it is longer than MQTT allows';
  const levels = filter.split('/');
  const misplaced = levels.some(
    (level, n) =>
      (level.includes('#') && (level !== '#' || n !== levels.length - 1)) || (level.includes('+') && level !== '+'),
  );
  return misplaced ? '"+" stands for one whole level, "#" for all that follow, at the end' : '';
}

/** @param {string} level */
function isWildcard(level) {
  return level === '+' || level === '#';
}

/**
 * The texts, numbers, maps, lists and other values of a message, itself among them.
 * @param {unknown} value  of bounded depth
 * @returns {number}
 */
export function countValues(value) {
  let count = 1;
  if (value === null || typeof value !== 'object') return count;
  // without a list of the values: a message may have hundreds of thousands
  if (Array.isArray(value)) for (const inner of value) count += countValues(inner);
  else for (const key in value) count += countValues(/** @type {Record<string, unknown>} */ (value)[key]);
  return count;
}

/** A list that keeps its latest elements alone, so that a page that stays open does not grow. */

/**
 * @template T
 * @param {T[]} list  changed in place
 * @param {T} element
 * @param {number} max
 */
export function keepLatest(list, element, max) {
  list.push(element);
  // not at each element: to move all others takes time
  if (list.length > max * 1.25) list.splice(0, list.length - max);
}

/** Deep links: what is after the # of the address names a view. */

/**
 * @typedef {object} Place
 * @property {'overview' | 'algorithm' | 'flow' | 'backtest'} view
 * @property {string} name  of the algorithm; empty in other views
 */

/**
 * @param {string} hash  such as `#/algo/random`
 * @returns {Place}
 */
export function placeOf(hash) {
  const [, first, second] = hash.split('/');
  if (first === 'algo' && second) return { view: 'algorithm', name: decoded(second) };
  if (first === 'flow' || first === 'backtest') return { view: first, name: '' };
  return { view: 'overview', name: '' };
}

/** @param {string} name  of an algorithm */
export const linkTo = (name) => `#/algo/${encodeURIComponent(name)}`;

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a link that was cut
  }
}

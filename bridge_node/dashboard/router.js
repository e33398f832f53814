/** Deep links: what is after the # of the address names a view. */

/**
 * @typedef {object} Place
 * @property {'overview' | 'algorithm' | 'flow' | 'backtest'} view
 * @property {string} name  of the algorithm; empty in other views
 * @property {number} run  the number of a backtest; 0 for none
 */

/**
 * @param {string} hash  such as `#/algo/random`
 * @returns {Place}
 */
export function placeOf(hash) {
  const [, first, second, third] = hash.split('/');
  if (first === 'algo' && second) return { view: 'algorithm', name: decoded(second), run: 0 };
  if (first === 'backtest') return { view: 'backtest', name: decoded(second ?? ''), run: runOf(third) };
  return { view: first === 'flow' ? 'flow' : 'overview', name: '', run: 0 };
}

/** @param {string} name  of an algorithm */
export const linkTo = (name) => `#/algo/${encodeURIComponent(name)}`;

/** @param {string} service @param {number} run */
export const linkToRun = (service, run) => `#/backtest/${encodeURIComponent(service)}/${run}`;

/** @param {string | undefined} text */
const runOf = (text) => (/^[1-9]\d{0,15}$/.test(text ?? '') ? Number(text) : 0);

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a link that was cut
  }
}

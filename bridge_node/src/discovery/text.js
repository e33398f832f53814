/** What people read in a table: short, one line, and never misleading. */

/** Beyond these a number is written with an exponent. */
const MAX_PLAIN = 1e15;
const MIN_PLAIN = 1e-9;

/**
 * An amount of money with two decimals, or more below 1: 0.00 would hide half a bitcoin.
 * @param {number} amount
 */
export function money(amount) {
  const size = Math.abs(amount);
  if (size >= MAX_PLAIN) return amount.toExponential(6);
  const digits = size > 0 && size < 1 ? Math.min(5 - Math.floor(Math.log10(size)), 15) : 2;
  return grouped(amount, digits, digits);
}

/**
 * A price with at least two decimals, and up to eight significant digits.
 * @param {number} value
 */
export function price(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < MIN_PLAIN || size >= MAX_PLAIN)) return value.toExponential(7);
  return grouped(Number(value.toPrecision(8)), 2, 20);
}

/**
 * A text with nothing in it that a terminal would obey.
 * @param {string} text
 * @param {number} max  characters
 */
export function printable(text, max) {
  const characters = [...text];
  const shown = characters
    .slice(0, max)
    .join('')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return characters.length > max ? `${shown}…` : shown;
}

/**
 * @param {number} value
 * @param {number} minimumFractionDigits
 * @param {number} maximumFractionDigits
 */
function grouped(value, minimumFractionDigits, maximumFractionDigits) {
  return value.toLocaleString('en-US', { minimumFractionDigits, maximumFractionDigits, signDisplay: 'negative' });
}

/** Parses the values of options. */

import { InvalidArgumentError } from 'commander';

/** @param {string} text */
export function parseParams(text) {
  let params;
  try {
    params = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${/** @type {Error} */ (error).message}.`);
  }
  if (params === null || typeof params !== 'object' || Array.isArray(params)) {
    throw new InvalidArgumentError('It has to be a map such as {"cash": 50000}.');
  }
  return params;
}

/** @param {string} text */
export function parseSymbols(text) {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('It has to be names of instruments, such as goog,aapl.');
  return new Set(names);
}

/** @param {string} text */
export function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
  }
  return port;
}

/** @param {string} text */
export function parseCount(text) {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return count;
}

/**
 * Join the values of an option that may be repeated.
 * @param {string} text
 * @param {string} [before]
 */
export function joined(text, before) {
  return before === undefined ? text : `${before};${text}`;
}

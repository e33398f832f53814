import { UserError } from '../support/errors.js';

/**
 * @param {string} prefix  of all topics
 * @returns {string} the same, with "/" at its end
 * @throws {UserError} if no topic can begin with it
 */
export function checkPrefix(prefix) {
  if (!/^[^/$#+\0][^#+\0]*$/.test(prefix) || !prefix.isWellFormed()) {
    throw new UserError(
      `--prefix is "${prefix}": it is written site1/, begins with neither "/" nor "$", and holds no "+" or "#"`,
    );
  }
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

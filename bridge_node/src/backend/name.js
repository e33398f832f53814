import { UserError } from '../support/errors.js';

/**
 * @param {string} name  of an algorithm
 * @returns {string} the name
 * @throws {UserError} if it would break topics and ids
 */
export function checkName(name) {
  if (name === '' || /[/+#:\0]/.test(name)) {
    throw new UserError(
      `the name "${name}" would break topics and ids: it may not be empty nor hold "/", "+", "#" or ":"`,
    );
  }
  return name;
}

/** @param {string} address  of a backend that has no name */
export function nameFromAddress(address) {
  return address.replace(/^\w+:\/\//, '').replace(/[^\w.-]+/g, '-');
}

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

/**
 * @param {object} backend
 * @param {string} backend.address
 * @param {string} [backend.algo]  its own name
 * @param {string} [backend.given]  by --name, for a backend that has none
 * @param {string} backend.before  its name on the connection before; empty on the first
 * @param {import('../support/log.js').Log} log
 * @returns {string} its name on the wire
 * @throws {UserError} if the name would break topics and ids, or has changed
 */
export function chooseName({ address, algo, given, before }, log) {
  const name = checkName(algo ?? given ?? nameFromAddress(address));
  if (before && name !== before) {
    throw new UserError(`the backend at ${address} was ${before} and is now ${name}: start the bridge again for it`);
  }
  if (given !== undefined && name !== given) {
    log.warn(`--name ${given} is not used: the name of the backend is ${name}`);
  }
  return name;
}

/** @param {string} address  of a backend that has no name */
function nameFromAddress(address) {
  return address.replace(/^\w+:\/\//, '').replace(/[^\w.-]+/g, '-');
}

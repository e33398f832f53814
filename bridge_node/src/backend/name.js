import { LIMITS } from '../messages/limits.js';
import { shown, UserError } from '../support/errors.js';

/**
 * @param {string} name  of an algorithm
 * @returns {string} the name
 * @throws {UserError} if it would break topics and ids
 */
export function checkName(name) {
  const fault = nameFault(name);
  if (fault) throw new UserError(`the name ${shown(name, 80)} would break topics and ids: ${fault}`);
  return name;
}

/**
 * @param {string} name  of an algorithm
 * @returns {string} why it would break topics and ids, as the end of a sentence; empty if it does not
 */
export function nameFault(name) {
  if (name === '') return 'a name has at least one character';
  const { length } = [...name];
  if (length > LIMITS.name) return `a name has at most ${LIMITS.name} characters, and this has ${length}`;
  // eslint-disable-next-line no-control-regex -- a broker closes the connection at a topic that holds one
  if (/[/+#:\0-\x1f\x7f-\x9f]/.test(name)) return 'a name has no "/", "+", "#" or ":", and no control characters';
  return '';
}

/**
 * @param {object} backend
 * @param {string} backend.address
 * @param {string} [backend.algo]  its own name
 * @param {string} [backend.given]  by --name, or by its record, for a backend that has none
 * @param {boolean} [backend.isAnnounced]  whether a record has given it: the backend has no other name
 * @param {string} backend.before  its name on the connection before; empty on the first
 * @param {import('../support/log.js').Log} log
 * @returns {string} its name on the wire
 * @throws {UserError} if the name would break topics and ids, has changed, or is not the one that is announced
 */
export function chooseName({ address, algo, given, isAnnounced = false, before }, log) {
  const name = checkName(algo ?? given ?? nameFromAddress(address));
  if (isAnnounced && name !== given) {
    throw new UserError(
      `the backend at ${address} is ${name}, and is announced as ${given}: nothing of ${given} is decided there`,
    );
  }
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

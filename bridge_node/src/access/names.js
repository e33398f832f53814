import { ADMIN, BROKER } from './folder.js';
import { shown, UserError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';

/** Names that stand for something else in the folder, or begin the client ids of the pipeline's own parts. */
const TAKEN = [ADMIN, BROKER];
const OWN = /^(tickwire|market-data)-/;

/**
 * @param {string} name  for a new client: it becomes a user, a common name, a client id, a folder, a level of topics
 * @throws {UserError} if it cannot
 */
export function checkClientName(name) {
  if (TAKEN.includes(name))
    throw new UserError(`the name ${name} is taken: it is that of the access folder's own part`);
  if (OWN.test(name)) {
    throw new UserError(`the name ${name} is taken: client ids that begin like this are those of the pipeline's parts`);
  }
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) {
    throw new UserError(
      `NAME is ${shown(name, 80)}: it has 1 to 64 letters, digits, ".", "_" and "-", and begins with a letter or a digit`,
    );
  }
}

/**
 * @param {string} name
 * @param {string} what  it is the name of
 * @param {string[]} known
 * @throws {UserError} if it is not among them
 */
export function checkKnown(name, what, known) {
  if (!known.includes(name)) throw new UserError(`there is no ${what} ${shown(name, 80)}${didYouMean(name, known)}`);
}

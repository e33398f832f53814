import { clientKeys, KeysError } from '../../zerorpc/index.js';
import { UserError } from '../support/errors.js';

/**
 * The keys by which the bridge is known to backends, and knows them.
 * @param {string} folder
 * @returns {import('./initialised.js').Keys}
 * @throws {UserError} if they cannot be used
 */
export function readKeys(folder) {
  try {
    return clientKeys(folder);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    throw new UserError(
      `--curve-keys ${folder}: ${error.message}; \`algo-service keys add DIR NAME\` makes the folder DIR/NAME of a client`,
    );
  }
}

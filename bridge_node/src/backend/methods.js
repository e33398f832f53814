import { RemoteError } from '../../zerorpc/index.js';
import { UserError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';

const REQUIRED = ['initialize', 'event'];

/**
 * The names of a backend's methods; a backend that cannot list them has only the article's two.
 * @param {import('../../zerorpc/index.js').Client} client
 * @returns {Promise<Set<string>>}
 * @throws {UserError} if it lists its methods and is not an algorithm
 */
export async function methodsOf(client) {
  /** @type {string[] | undefined} */
  const methods =
    (await ask(client, '_zerorpc_list')) ?? Object.keys((await ask(client, '_zerorpc_inspect'))?.methods ?? {});
  if (!methods?.length) return new Set(REQUIRED);
  for (const method of REQUIRED) {
    if (methods.includes(method)) continue;
    throw new UserError(
      `the service at ${client.address} has no method "${method}", so it is not an algorithm; it has ${methods.join(', ')}${didYouMean(method, methods)}`,
    );
  }
  return new Set(methods);
}

/**
 * @param {import('../../zerorpc/index.js').Client} client
 * @param {string} method
 */
async function ask(client, method) {
  try {
    return await client.invoke(method);
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}

import { KINDS, kindOf } from '../messages/kinds.js';
import { UserError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';

/** @typedef {import('../messages/kinds.js').Kind} Kind */

/**
 * The kinds of input that a backend's `events` takes. One that does not say, or has no `events`, takes quotes.
 * @param {import('../../zerorpc/index.js').Client} client
 * @param {ReadonlySet<string>} methods  of the backend
 * @returns {Promise<Set<Kind>>}
 * @throws {UserError} if `inputs` returned something else
 */
export async function inputsOf(client, methods) {
  if (!methods.has('events') || !methods.has('inputs')) return new Set(/** @type {Kind[]} */ (['quote']));
  const returned = await client.invoke('inputs');
  if (!Array.isArray(returned)) throw notKinds(client, returned, '');
  // a kind of a later version is one that this bridge never sends
  const misspelt = returned.find((kind) => !KINDS.includes(kind) && didYouMean(String(kind), KINDS));
  if (misspelt !== undefined) throw notKinds(client, returned, didYouMean(String(misspelt), KINDS));
  return new Set(returned);
}

/**
 * Refuse channels of a kind that the backend does not take.
 * @param {string[]} channels
 * @param {ReadonlySet<Kind>} inputs
 * @param {string} source  where the channels come from, for the error
 * @throws {UserError} naming the channel
 */
export function checkKinds(channels, inputs, source) {
  const channel = channels.find((each) => !inputs.has(kindOf(each)));
  if (channel === undefined) return;
  throw new UserError(
    `channel "${channel}" of ${source} carries ${kindOf(channel)}, which the backend does not take: its method "inputs" would have to name "${kindOf(channel)}", and what it takes is ${[...inputs].join(', ')}`,
  );
}

/**
 * @param {import('../../zerorpc/index.js').Client} client
 * @param {unknown} returned
 * @param {string} near
 */
function notKinds(client, returned, near) {
  const shown = String(JSON.stringify(returned)).slice(0, 80);
  return new UserError(
    `inputs of the backend at ${client.address} returned ${shown}: it has to be a list of ${KINDS.join(', ')}${near}`,
  );
}

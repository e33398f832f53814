import { MAX_SILENCE } from '../route/claim.js';
import { sessionsOf } from '../route/topics.js';
import { forgetSession } from '../mqtt/forget_session.js';
import { UserError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';

/** ms that a bridge which has answered has to end its route. */
const MAX_END = 10_000;

/**
 * Remove an algorithm from a broker: its record, its route, its sessions, its portfolio. Its journal stays, and a halt.
 * @param {import('./directory.js').Directory} directory  that has been read
 * @param {import('../mqtt/broker_link.js').BrokerLink} broker
 * @param {string} name
 * @returns {Promise<import('../messages/claim.js').Claim | undefined>} the claim of a bridge that goes on serving it,
 *   because it was told the address; the sessions and the portfolio stay then
 * @throws {UserError} if nothing is known of it
 */
export async function forget(directory, broker, name) {
  const { claims, answered, names } = directory;
  if (!names.includes(name)) {
    throw new UserError(`nothing is known of "${name}" at the broker at ${broker.shown}${didYouMean(name, names)}`);
  }
  await directory.remove('algos', name);
  await directory.ask([name], MAX_SILENCE);
  if (answered.has(name)) await directory.until(() => !claims.has(name), MAX_END);
  if (answered.has(name) && claims.has(name)) return claims.get(name);
  await directory.remove('bridges', name); // the claim of a bridge that was killed, and where the backend was swapped to
  for (const session of sessionsOf(name)) await forgetSession(broker, session);
  await directory.remove('portfolios', name);
  return undefined;
}

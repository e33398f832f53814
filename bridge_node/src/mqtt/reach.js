import { UserError } from '../support/errors.js';
import { escaped } from '../support/log_text.js';

/** ms within which a broker has to be reached. */
export const MAX_PATIENCE = 10_000;
/** ms after which a person is told what is awaited. */
const MOMENT = 500;

/**
 * Connect a command to a broker; one that is unavailable is awaited, and stderr says so.
 * @param {import('./connection.js').Connection} connection
 * @param {import('./broker_link.js').BrokerLink} broker
 * @param {() => string} [end]  of the sentence that says that it was not reached
 * @throws {UserError} if it was not
 */
export async function reach(connection, broker, end = () => '') {
  const timer = setTimeout(() => {
    process.stderr.write(`${escaped(`waiting for the broker at ${broker.shown}: ${broker.fault}`)}\n`);
  }, MOMENT);
  try {
    if (await connection.open(MAX_PATIENCE)) return;
  } finally {
    clearTimeout(timer);
  }
  throw new UserError(`the broker at ${broker.shown} is unavailable (${broker.fault})${end()}`);
}

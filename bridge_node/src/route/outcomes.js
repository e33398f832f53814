import { errorRecord } from './error_record.js';
import { addOutputs } from './topics.js';

/**
 * Log the outcomes of a batch, and sort them by the topics that they are published on.
 * @param {import('./queue.js').Waiting[]} batch
 * @param {import('../backend/decisions.js').Outcome[]} outcomes  one per quote
 * @param {ReturnType<typeof import('./topics.js').outputTopics>} topics
 * @param {import('../support/log.js').Log} log
 * @returns {{publications: import('../mqtt/publisher.js').Publication[], errors: string[]}} orders and fills in
 *   the order in which they were placed; a record of each failure
 */
export function readOutcomes(batch, outcomes, topics, log) {
  /** @type {import('../mqtt/publisher.js').Publication[]} */
  const publications = [];
  /** @type {string[]} */
  const errors = [];
  const isLogged = log.isLevelEnabled('info');
  let n = 0;
  for (const { message, quotes } of batch) {
    for (const quote of quotes) {
      const outcome = outcomes[n++];
      if ('error' in outcome) {
        const { error, traceback } = outcome;
        log.warn({ id: quote.id, channel: quote.channel }, `the algorithm failed: ${error}`);
        errors.push(errorRecord(message.topic, message.payload, 'algorithm', error, traceback));
        continue;
      }
      if (isLogged) {
        const orders = outcome.orders.map((order) => JSON.parse(Buffer.from(order).toString()));
        log.info({ id: quote.id, orders }, 'algo output');
      }
      addOutputs(publications, outcome, topics);
    }
  }
  return { publications, errors };
}

import { errorRecord } from './error_record.js';
import { addOutputs } from './topics.js';

/**
 * What came of a batch: logs it, and sorts it by where it goes.
 * @param {import('./queue.js').Waiting[]} batch
 * @param {(import('../backend/backend.js').Decision | import('../backend/backend.js').Failure)[]} decisions  one per quote
 * @param {ReturnType<typeof import('./topics.js').outputTopics>} topics
 * @param {import('../support/log.js').Log} log
 * @returns {{publications: import('../mqtt/publisher.js').Publication[], errors: string[]}} orders and fills in
 *   the order placed; records of the quotes at which the algorithm failed
 */
export function readOutcome(batch, decisions, topics, log) {
  /** @type {import('../mqtt/publisher.js').Publication[]} */
  const publications = [];
  /** @type {string[]} */
  const errors = [];
  const isLogged = log.isLevelEnabled('info');
  let n = 0;
  for (const { message, quotes } of batch) {
    for (const quote of quotes) {
      const decision = decisions[n++];
      if ('error' in decision) {
        const { error, traceback } = decision;
        log.warn({ id: quote.id, channel: quote.channel }, `the algorithm failed: ${error}`);
        errors.push(errorRecord(message.topic, message.payload, 'algorithm', error, traceback));
        continue;
      }
      if (isLogged) {
        const orders = decision.orders.map((order) => JSON.parse(Buffer.from(order).toString()));
        log.info({ id: quote.id, orders }, 'algo output');
      }
      addOutputs(publications, decision, topics);
    }
  }
  return { publications, errors };
}

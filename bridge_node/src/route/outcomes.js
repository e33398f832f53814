import { errorRecord } from './error_record.js';
import { replyText } from './reply.js';
import { addOutputs } from './topics.js';

/**
 * Log and count the outcomes of a batch, and sort them by the topics that they are published on.
 * @param {import('./queue.js').Waiting[]} batch
 * @param {import('../backend/decisions.js').Outcome[]} outcomes  one per input
 * @param {{algo: string, topics: ReturnType<typeof import('./topics.js').outputTopics>}} destination
 * @param {import('../metrics/route_meter.js').RouteMeter} meter
 * @param {import('../support/log.js').Log} log
 * @returns {{publications: import('../mqtt/publisher.js').Publication[], errors: string[], orders: number}} orders and fills in
 *   the order in which they were placed; a record of each failure; how many orders
 */
export function readOutcomes(batch, outcomes, { algo, topics }, meter, log) {
  /** @type {import('../mqtt/publisher.js').Publication[]} */
  const publications = [];
  /** @type {string[]} */
  const errors = [];
  const isLogged = log.isLevelEnabled('info');
  let [n, orders, fills] = [0, 0, 0];
  for (const { message, kind, inputs } of batch) {
    let failed = 0;
    for (const input of inputs) {
      const outcome = outcomes[n++];
      if ('error' in outcome) {
        const { error, traceback } = outcome;
        failed += 1;
        log.warn({ id: input.id, channel: input.channel }, `the algorithm failed: ${error}`);
        errors.push(errorRecord(message, 'algorithm', error, traceback));
        if (kind === 'command') {
          publications.push({ topic: topics.replies, payload: replyText(algo, input, 'refused', error) });
        }
        continue;
      }
      if (isLogged) {
        log.info({ id: input.id, orders: outcome.orders.map(parsed) }, 'algo output');
        if (outcome.reply !== undefined) log.info(parsed(outcome.reply), 'replied');
      }
      orders += outcome.orders.length;
      fills += outcome.fills.length;
      addOutputs(publications, outcome, topics);
    }
    meter.decided(kind, inputs.length - failed, failed);
  }
  meter.outputs(orders, fills);
  return { publications, errors, orders };
}

/** @param {string | Uint8Array} text */
function parsed(text) {
  return JSON.parse(Buffer.from(text).toString());
}

import { errorRecord } from './error_record.js';
import { inputFields, outputFields } from './log_fields.js';
import { readReply, replyText } from './reply.js';
import { addOutputs } from './topics.js';

/**
 * Log and count the outcomes of a batch, and sort them by the topics that they are published on.
 * @param {import('./queue.js').Waiting[]} batch
 * @param {import('../backend/decisions.js').Outcome[]} outcomes  one per input
 * @param {{algo: string, topics: ReturnType<typeof import('./topics.js').outputTopics>}} destination
 * @param {import('../metrics/route_meter.js').RouteMeter} meter
 * @param {import('../support/log.js').Log} log
 * @param {import('../support/line_limit.js').LineLimit} limit  of the lines about failures
 * @returns {{publications: import('../mqtt/publisher.js').Publication[], errors: string[], orders: number}} orders and fills in
 *   the order in which they were placed; a record of each failure; how many orders
 */
export function readOutcomes(batch, outcomes, { algo, topics }, meter, log, limit) {
  /** @type {import('../mqtt/publisher.js').Publication[]} */
  const publications = [];
  /** @type {string[]} */
  const errors = [];
  const isLogged = log.isLevelEnabled('debug');
  let [n, orders, fills] = [0, 0, 0];
  for (const { message, kind, inputs } of batch) {
    let failed = 0;
    for (const input of inputs) {
      const outcome = outcomes[n++];
      if ('error' in outcome) {
        const { error, traceback } = outcome;
        failed += 1;
        log[limit.next()]({ ...inputFields(kind, input), error, traceback }, `the algorithm failed: ${error}`);
        errors.push(errorRecord(message, 'algorithm', error, traceback));
        if (kind === 'command') {
          publications.push({ topic: topics.replies, payload: replyText(algo, input, 'refused', error) });
        }
        continue;
      }
      if (isLogged) logOutcome(outcome, inputFields(kind, input), log);
      if (outcome.reply !== undefined) logReply(outcome.reply, input, log);
      orders += outcome.orders.length;
      fills += outcome.fills.length;
      addOutputs(publications, outcome, topics);
    }
    meter.decided(kind, inputs.length - failed, failed);
  }
  meter.outputs(orders, fills);
  return { publications, errors, orders };
}

/**
 * A line for each order and fill, or one that says that there is none.
 * @param {import('../backend/decisions.js').Decision} decision
 * @param {Record<string, string>} about  the input
 * @param {import('../support/log.js').Log} log
 */
function logOutcome({ orders, fills }, about, log) {
  for (const order of orders) log.debug({ ...about, ...outputFields('order', order) }, 'algo output: an order');
  for (const fill of fills) log.debug({ ...about, ...outputFields('fill', fill) }, 'algo output: a fill');
  if (orders.length + fills.length === 0) log.debug(about, 'algo output: no order');
}

/**
 * @param {string | Uint8Array} reply
 * @param {{id: string, channel: string}} command
 * @param {import('../support/log.js').Log} log
 */
function logReply(reply, command, log) {
  const { command: name, outcome, text = 'with something that is no reply' } = readReply({ reply }) ?? {};
  log.info({ ...inputFields('command', command), command: name, outcome }, `replied: ${text}`);
}

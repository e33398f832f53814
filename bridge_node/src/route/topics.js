import { topicLevel } from '../support/topic_level.js';

/**
 * Where the outputs of one algorithm go, and its commands come from (contracts/README.md).
 * @param {string} algo
 * @param {string} prefix  of all topics
 */
export function outputTopics(algo, prefix = '') {
  const level = topicLevel(algo);
  return {
    orders: `${prefix}orders/${level}`,
    fills: `${prefix}fills/${level}`,
    portfolio: `${prefix}portfolios/${level}`,
    errors: `${prefix}errors/${level}`,
    claim: `${prefix}bridges/${level}`,
    replies: `${prefix}replies/${level}`,
    halt: `${prefix}halts/${level}`,
    data: `${prefix}data/${level}`,
  };
}

/**
 * The channel of an algorithm's commands.
 * @param {string} algo
 */
export function commandChannel(algo) {
  return `commands/${topicLevel(algo)}`;
}

/**
 * Where questions about the past of an algorithm come.
 * @param {string} algo
 */
export function queryTopic(algo) {
  return `queries/${topicLevel(algo)}`;
}

/**
 * The sessions at the broker of an algorithm's bridge. They have the name alone, so that a bridge that is started again
 * finds its sessions and the messages in them.
 * @param {string} algo
 */
export function sessionsOf(algo) {
  return [`tickwire-bridge-${algo}`, `tickwire-commands-${algo}`];
}

/**
 * Add the orders, fills and data of a decision, each in the order in which they were made, and then what else it
 * has.
 * @param {import('../mqtt/publisher.js').Publication[]} publications
 * @param {import('../backend/decisions.js').Decision} decision
 * @param {ReturnType<typeof outputTopics>} topics
 */
export function addOutputs(publications, { orders, fills, data, halt, reply }, topics) {
  for (const payload of orders) publications.push({ topic: topics.orders, payload });
  for (const payload of fills) publications.push({ topic: topics.fills, payload });
  if (data !== undefined) {
    for (const { name, text } of data)
      publications.push({ topic: `${topics.data}/${topicLevel(name)}`, payload: text });
  }
  // before the reply: whoever has that may rely on it
  if (halt !== undefined) publications.push(haltPublication(halt, topics));
  if (reply !== undefined) publications.push({ topic: topics.replies, payload: reply });
}

/**
 * @param {import('../messages/halt.js').Halt | null} halt  null removes what is retained
 * @param {{halt: string}} topics
 * @returns {import('../mqtt/publisher.js').Publication}
 */
export function haltPublication(halt, topics) {
  return { topic: topics.halt, payload: halt ? JSON.stringify(halt) : '', retain: true };
}

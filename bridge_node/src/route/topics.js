/**
 * Where the outputs of one algorithm go (contracts/README.md).
 * @param {string} algo
 * @param {string} prefix  of all topics
 */
export function outputTopics(algo, prefix = '') {
  return {
    orders: `${prefix}orders/${algo}`,
    fills: `${prefix}fills/${algo}`,
    portfolio: `${prefix}portfolios/${algo}`,
    errors: `${prefix}errors/${algo}`,
    claim: `${prefix}bridges/${algo}`,
  };
}

/**
 * Add the orders and fills of a decision, in the order in which they were placed.
 * @param {import('../mqtt/publisher.js').Publication[]} publications
 * @param {import('../backend/decisions.js').Decision} decision
 * @param {{orders: string, fills: string}} topics
 */
export function addOutputs(publications, { orders, fills }, topics) {
  for (const payload of orders) publications.push({ topic: topics.orders, payload });
  for (const payload of fills) publications.push({ topic: topics.fills, payload });
}

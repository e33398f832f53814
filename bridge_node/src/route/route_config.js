/** What a route is made from. */

/**
 * What a user decides about a route; config.js has checked it.
 * @typedef {object} RouteConfig
 * @property {string} address  of the backend
 * @property {Record<string, unknown>} params  for `initialize`
 * @property {string} [name]  of a backend that has no name of its own
 * @property {boolean} [isAnnounced]  whether it was found by its record, which has the name: the route connects to it
 *   only once no other bridge claims the algorithm, and is parked while it is silent
 * @property {string[]} [channels]  in place of those that `initialize` returns
 * @property {number} [count]  of quotes after which it ends
 * @property {boolean} [acceptOlderJournal]  continue with a journal that lacks published decisions
 * @property {boolean} [batchOutputs]  publish orders and fills as arrays
 * @property {import('../messages/quote.js').Rules} [rules]  about messages
 * @property {import('../backend/initialised.js').Keys} [curve]  with them backends are reached by CURVE alone
 */

/**
 * What a route has from its bridge.
 * @typedef {object} Place
 * @property {import('./served_names.js').ServedNames} names  of all routes
 * @property {import('../support/memory_budget.js').MemoryBudget} budget  of all routes
 * @property {import('../metrics/bridge_metrics.js').BridgeMetrics} metrics  of the bridge
 * @property {import('./notices.js').Notices} notices  of all routes
 * @property {string} instance  of the bridge, which its claims show
 * @property {boolean} mayTakeOver  whether it may take the algorithm from another bridge; if not, it waits until
 *   the other has ended
 */

export {};

import { completeOrders } from './order.js';
import { completeData } from './publications.js';

/**
 * Make a decision of what `event` of a backend without `events` returned.
 * @param {unknown} returned  nil, an order or a list of orders; or a map with `orders`, `data` or both
 * @param {import('../messages/quote.js').Quote} quote
 * @param {string} algo
 * @returns {import('./decisions.js').Decision}
 * @throws {import('../support/errors.js').OrderError | import('../support/errors.js').PublicationError} naming the
 *   field, if it is anything else
 */
export function decisionOf(returned, quote, algo) {
  if (!hasParts(returned)) return { orders: completeOrders(returned, quote, algo), fills: [] };
  const data = completeData(returned.data, quote, algo);
  return {
    orders: completeOrders(returned.orders, quote, algo),
    fills: [],
    data: data.length > 0 ? data : undefined,
  };
}

/**
 * @param {unknown} returned
 * @returns {returned is {orders?: unknown, data?: unknown}}
 */
function hasParts(returned) {
  if (returned === null || typeof returned !== 'object' || 'side' in returned) return false;
  return 'orders' in returned || 'data' in returned;
}

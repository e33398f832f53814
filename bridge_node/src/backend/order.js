import { LIMITS } from '../messages/limits.js';
import { OrderError } from '../support/errors.js';

/**
 * Complete, from the quote, what `event` of a backend without `events` returned.
 * @param {unknown} returned  nil, an order or a list of orders, each with side, sid and quantity
 * @param {import('../messages/quote.js').Quote} quote
 * @param {string} algo
 * @returns {string[]} orders as JSON text (contracts/order.schema.json)
 * @throws {OrderError} naming the field, if it is anything else
 */
export function completeOrders(returned, quote, algo) {
  if (returned === null || returned === undefined) return [];
  const listed = Array.isArray(returned) ? returned : [returned];
  return listed.map((order, n) => JSON.stringify(complete(order, n, quote, algo)));
}

/**
 * @param {unknown} order
 * @param {number} n
 * @param {import('../messages/quote.js').Quote} quote
 * @param {string} algo
 */
function complete(order, n, quote, algo) {
  if (order === null || typeof order !== 'object' || Array.isArray(order)) {
    throw new OrderError(`event returned ${show(order)}: an order is a map with side, sid and quantity`);
  }
  const { side, sid, quantity } = /** @type {Record<string, unknown>} */ (order);
  if (side !== 'buy' && side !== 'sell') {
    throw new OrderError(`the order's side is ${show(side)}: it has to be "buy" or "sell"`);
  }
  if (typeof sid !== 'string' || sid === '' || sid.length > LIMITS.sid) {
    throw new OrderError(`the order's sid is ${show(sid)}: it has to be a text of 1 to ${LIMITS.sid} characters`);
  }
  if (typeof quantity !== 'number' || !(quantity > 0 && quantity <= LIMITS.quantity)) {
    throw new OrderError(`the order's quantity is ${show(quantity)}: it has to be above 0 and at most 1e15`);
  }
  return {
    id: `${algo}:${quote.channel}:${quote.id}:${n}`,
    algo,
    sid,
    side,
    kind: 'market',
    quantity,
    price: quote.quote,
    amount: quantity * quote.quote,
    ts: quote.ts ?? null,
    quote_id: quote.id,
  };
}

/** @param {unknown} value */
function show(value) {
  return String(JSON.stringify(value)).slice(0, 80);
}

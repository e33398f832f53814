import { haltText } from '../messages/halt.js';
import { reason } from '../support/errors.js';

/**
 * Refuse the buys of a backend that takes no commands while a person has halted it: as of an order that a
 * limit refuses, their quantity is 0.
 * @param {import('../backend/decisions.js').Outcome[]} outcomes
 * @param {import('../messages/halt.js').Halt} halt
 * @returns {import('../backend/decisions.js').Outcome[]}
 */
export function cutBuys(outcomes, halt) {
  const why = haltText(halt);
  return outcomes.map((outcome) => {
    if ('error' in outcome || outcome.orders.length === 0) return outcome;
    try {
      return { ...outcome, orders: outcome.orders.map((order) => cut(order, why)) };
    } catch (error) {
      return { error: `an order cannot be read while buying is ${why}: ${reason(error)}` };
    }
  });
}

/**
 * @param {string | Uint8Array} text
 * @param {string} why
 */
function cut(text, why) {
  const order = JSON.parse(Buffer.from(text).toString());
  if (order.side === 'sell' || order.quantity === 0) return text;
  const { asked = order.amount, reason: before } = order;
  return JSON.stringify({
    ...order,
    quantity: 0,
    amount: 0,
    asked,
    reason: before === undefined ? why : `${before}; ${why}`,
  });
}

/** The rule that all follow, for peers in Node.js, and what they have in common. */
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../bridge_node/package.json', import.meta.url));

/** @type {typeof import('mqtt')} */
export const mqtt = require('mqtt');

let count = 0;

/**
 * An order of 1 cash, of the same fields as Tickwire's, on every second quote.
 * @param {{sid: string, quote: number, id: string}} quote
 */
export function decide({ sid, quote, id }) {
  count += 1;
  if (count % 2) return undefined;
  return {
    id: `peer:quotes:${id}:0`,
    algo: 'peer',
    sid,
    side: 'buy',
    kind: 'market',
    quantity: 1 / quote,
    price: quote,
    amount: 1,
    ts: null,
    quote_id: id,
  };
}

/** A client that has subscribed to the quotes says that it is ready. */
export function subscribe(client) {
  client.on('connect', () => {
    client.subscribe('quotes', { qos: 1 }, (error) => console.log(error ? `refused: ${error}` : 'ready'));
  });
}

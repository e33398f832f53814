import { Tally } from './tally.js';

/** What is published for the algorithms. */
export class OutputMetrics {
  /** @param {import('@platformatic/prom-client').Registry} registry */
  constructor(registry) {
    this.orders = new Tally(registry, {
      name: 'tickwire_bridge_orders_total',
      help: 'Orders of decided inputs, refused ones and those of inputs that came again included.',
    });
    this.fills = new Tally(registry, {
      name: 'tickwire_bridge_fills_total',
      help: 'Fills of decided inputs, those of inputs that came again included.',
    });
  }
}

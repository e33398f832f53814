import { Counter } from '@platformatic/prom-client';

import { addReading } from './reading.js';

/**
 * Add what the embedded broker does.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {{clients: number, messages: number}} broker
 */
export function addBroker(registry, broker) {
  addReading(registry, { name: 'tickwire_broker_clients', help: 'Clients that are connected.' }, () => [
    [{}, broker.clients],
  ]);
  new Counter({
    name: 'tickwire_broker_messages_total',
    help: 'Messages that clients have published.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(broker.messages);
    },
  });
}

import { addCount, addReading } from './reading.js';

/**
 * Add what the embedded broker does.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {{clients: number, messages: number}} broker
 */
export function addBroker(registry, broker) {
  addReading(registry, { name: 'tickwire_broker_clients', help: 'Clients that are connected.' }, () => [
    [{}, broker.clients],
  ]);
  addCount(registry, { name: 'tickwire_broker_messages_total', help: 'Messages that clients have published.' }, () => [
    [{}, broker.messages],
  ]);
}

import { addCount, addReading } from './reading.js';

/**
 * Add how the process is connected to the broker.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {{isUp: boolean, reconnects: number}} link
 */
export function addMqtt(registry, link) {
  addReading(registry, { name: 'tickwire_mqtt_connected', help: 'Whether the broker is connected: 0 or 1.' }, () => [
    [{}, Number(link.isUp)],
  ]);
  addCount(
    registry,
    {
      name: 'tickwire_mqtt_reconnects_total',
      help: 'How often a connection to the broker was made again after a loss.',
    },
    () => [[{}, link.reconnects]],
  );
}

import { once } from 'node:events';

import { Connection } from './connection.js';

/**
 * Delete a session at the broker, with the messages that wait in it. It waits for the broker if that is unavailable.
 * @param {import('./broker_link.js').BrokerLink} broker
 * @param {string} name  of the session, which nobody uses at present
 * @param {AbortSignal} [signal]  ends the waiting; the session stays then
 */
export async function forgetSession(broker, name, signal) {
  // [MQTT-3.1.2-6] with "clean" the broker discards the session, and [MQTT5-3.1.2-23] the new one ends with the connection
  const connection = new Connection(broker, { clientId: broker.prefix + name, clean: true });
  const up = once(connection, 'up', { signal }).catch(() => {}); // the signal has come
  connection.start();
  await up;
  await connection.stop();
}

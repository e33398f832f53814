import { once } from 'node:events';

import { overlap } from '../support/topic_filter.js';

/**
 * What the broker retains for a topic. It waits for the broker if that is unavailable.
 * @param {string} topic  or a filter of several
 * @param {import('./connection.js').Connection} connection
 * @returns {Promise<Buffer[]>} the payload of each retained message, and then of those that
 *   were published meanwhile; an empty payload has removed the one before
 * @throws {Error} if the broker does not show it
 */
export async function readRetained(topic, connection) {
  for (;;) {
    const client = connection.client ?? (await once(connection, 'up'))[0];
    try {
      return await readOn(topic, connection, client);
    } catch (error) {
      if (connection.client === client) throw error;
      // it was lost, and another follows
    }
  }
}

/**
 * Subscribe and unsubscribe: the retained message comes before the UNSUBACK. MQTT allows it before or after
 * the SUBACK (3.8.4); mosquitto and aedes send it right after, before they read the UNSUBSCRIBE, which we
 * send when we have the SUBACK.
 * @param {string} topic
 * @param {import('./connection.js').Connection} connection
 * @param {import('mqtt').MqttClient} client
 */
async function readOn(topic, connection, client) {
  /** @type {Buffer[]} */
  const payloads = [];
  /** @param {string} from @param {Buffer} payload */
  const record = (from, payload) => {
    if (overlap(topic, from)) payloads.push(payload);
  };
  const settled = new AbortController();
  client.on('message', record);
  try {
    await Promise.race([subscribeAndUnsubscribe(topic, client), rejectWhenLost(connection, settled.signal)]);
    return payloads;
  } finally {
    settled.abort();
    client.off('message', record);
  }
}

/**
 * @param {string} topic
 * @param {import('mqtt').MqttClient} client
 */
async function subscribeAndUnsubscribe(topic, client) {
  const granted = await client.subscribeAsync(topic, { qos: 1 });
  // [MQTT-3.9.3-2] 128 is a refusal
  if (granted.some(({ qos }) => qos >= 128)) throw new Error('it refuses the subscription');
  await client.unsubscribeAsync(topic);
}

/**
 * @param {import('./connection.js').Connection} connection
 * @param {AbortSignal} signal  ends the waiting
 * @returns {Promise<never>}
 */
export async function rejectWhenLost(connection, signal) {
  await once(connection, 'down', { signal });
  throw new Error('the connection was lost');
}

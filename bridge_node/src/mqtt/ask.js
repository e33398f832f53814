import { setTimeout as sleep } from 'node:timers/promises';

import { Deferred } from '../support/deferred.js';
import { rejectWhenLost } from './retained.js';

/**
 * Publish a question on a topic, and wait for an answer on the same topic.
 * @param {string} topic
 * @param {string} question
 * @param {(payload: Buffer) => boolean} isAnswer  of a message that comes there; retained ones are older
 * @param {number} patience  in ms
 * @param {import('./connection.js').Connection} connection  that is up
 * @returns {Promise<boolean>} whether an answer came in time
 * @throws {Error} if the connection is lost before, or the broker refuses the question
 */
export async function ask(topic, question, isAnswer, patience, connection) {
  const client = /** @type {import('mqtt').MqttClient} */ (connection.client);
  const answered = new Deferred();
  /** @param {string} from @param {Buffer} payload @param {{retain: boolean}} packet */
  const listen = (from, payload, { retain }) => {
    if (from === topic && !retain && isAnswer(payload)) answered.resolve();
  };
  const settled = new AbortController();
  const askAndWait = async () => {
    await client.subscribeAsync(topic, { qos: 1 });
    await client.publishAsync(topic, question, { qos: 1 });
    const silence = sleep(patience, false, { signal: settled.signal, ref: false }).catch(() => false);
    const isAnswered = await Promise.race([answered.promise.then(() => true), silence]);
    await client.unsubscribeAsync(topic);
    return isAnswered;
  };
  client.on('message', listen);
  try {
    return /** @type {boolean} */ (await Promise.race([askAndWait(), rejectWhenLost(connection, settled.signal)]));
  } finally {
    settled.abort();
    client.off('message', listen);
  }
}

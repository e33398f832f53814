import { once } from 'node:events';

import { reason, UserError } from '../support/errors.js';

/**
 * A service without a journal counts from the microseconds since 1970, so that its `seq` is above
 * whatever it counted before (contracts/README.md). No journal has so many decisions, and it says
 * nothing of one.
 */
const SEQ_WITHOUT_JOURNAL = 1e15;

/**
 * Make sure that a journal has all the decisions that were published: an old copy or a restored
 * backup lacks trades, and decides a quote that comes again anew: other orders under the same ids.
 *
 * Waits for the broker if that is away.
 * @param {object} journal
 * @param {string} journal.name  of the algorithm
 * @param {number} journal.seq  how many decisions are in it
 * @param {string} topic  where the algorithm's snapshots are retained
 * @param {import('../mqtt/connection.js').Connection} connection
 * @param {boolean} isAccepted  the user knows
 * @param {import('../support/log.js').Log} log
 * @throws {UserError} if it has not, and that was not accepted
 */
export async function checkAge({ name, seq }, topic, connection, isAccepted, log) {
  const published = await retainedSeq(topic, connection, log);
  if (published <= seq || published >= SEQ_WITHOUT_JOURNAL) return;
  const sentence = `the journal of ${name} has ${seq} decisions, and ${topic} shows ${published}: it is an old copy, or a new file, lacks the trades since then, and would decide their quotes again`;
  if (!isAccepted) {
    throw new UserError(
      `${sentence}. Start the service with its latest journal, or go on with this one: --accept-older-journal`,
    );
  }
  log.warn(`gone on with because you said so: ${sentence}`);
}

/**
 * @param {string} topic
 * @param {import('../mqtt/connection.js').Connection} connection
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<number>} the `seq` of the snapshot that the broker retains; -1 if there is none
 */
async function retainedSeq(topic, connection, log) {
  for (;;) {
    const client = connection.client ?? (await once(connection, 'up'))[0];
    try {
      return await ask(topic, connection, client);
    } catch (error) {
      if (connection.client !== client) continue; // it was lost, and there will be another
      log.warn(
        `cannot tell whether the journal is older than what was published: the broker does not show ${topic}: ${reason(error)}`,
      );
      return -1;
    }
  }
}

/**
 * Subscribe and unsubscribe: what the broker retains comes before it confirms the second. MQTT lets
 * it come before or after the SUBACK (3.8.4): mosquitto and aedes send it behind, before they read the
 * UNSUBSCRIBE that the SUBACK has led to.
 * @param {string} topic
 * @param {import('../mqtt/connection.js').Connection} connection
 * @param {import('mqtt').MqttClient} client
 */
async function ask(topic, connection, client) {
  let seq = -1;
  /** @param {string} from @param {Buffer} payload */
  const see = (from, payload) => {
    if (from === topic) seq = Math.max(seq, seqOf(payload));
  };
  const settled = new AbortController();
  client.on('message', see);
  try {
    await Promise.race([askTwice(topic, client), isLost(connection, settled.signal)]);
    return seq;
  } finally {
    settled.abort();
    client.off('message', see);
  }
}

/**
 * @param {string} topic
 * @param {import('mqtt').MqttClient} client
 */
async function askTwice(topic, client) {
  const granted = await client.subscribeAsync(topic, { qos: 1 });
  // [MQTT-3.9.3-2] 128 is a refusal
  if (granted.some(({ qos }) => qos >= 128)) throw new Error('it refuses the subscription');
  await client.unsubscribeAsync(topic);
}

/**
 * @param {import('../mqtt/connection.js').Connection} connection
 * @param {AbortSignal} signal
 */
async function isLost(connection, signal) {
  await once(connection, 'down', { signal });
  throw new Error('the connection was lost');
}

/** @param {Buffer} payload */
function seqOf(payload) {
  try {
    const { seq } = JSON.parse(payload.toString());
    return Number.isFinite(seq) ? seq : -1;
  } catch {
    return -1; // no snapshot of ours, or an empty one, which removes what is retained
  }
}

import { randomBytes } from 'node:crypto';

/**
 * Messages that are remembered: more than may be unacknowledged, those of one read, and those whose
 * acknowledgements may have been lost with a connection.
 */
const MAX_REMEMBERED = 4000;

/**
 * Ids for the inputs of a session that come without one: a message that the broker sends again gets those of the first
 * time, so that it is not decided twice.
 *
 * When a connection ends, the broker sends again what it has no acknowledgement of, with the DUP flag and the packet id
 * of before [MQTT-3.3.1-1, MQTT-4.4.0-1]. The messages of an earlier process are not known here.
 */
export class GivenIds {
  #prefix = `~${randomBytes(6).toString('hex')}`;
  #count = 0;
  /** By packet id, the oldest first. @type {Map<number, {topic: string, sum: number, first: number}>} */
  #remembered = new Map();
  /** That is being read. @type {import('../mqtt/message.js').Message | undefined} */
  #message;
  /** The number of its next id; undefined before its first one. @type {number | undefined} */
  #next;

  /** @param {import('../mqtt/message.js').Message} message  whose inputs are read from now on */
  begin(message) {
    this.#message = message;
    this.#next = undefined;
  }

  /** The id of the next input that has none. */
  next = () => {
    const number = this.#next ?? this.#first();
    this.#next = number + 1;
    this.#count = Math.max(this.#count, this.#next);
    return `${this.#prefix}-${number}`;
  };

  #first() {
    const { packetId, topic, payload, isRepeat, comesAgain } = /** @type {import('../mqtt/message.js').Message} */ (
      this.#message
    );
    if (!comesAgain) return this.#count;
    const sum = checksum(payload);
    const before = this.#remembered.get(packetId);
    if (isRepeat && before?.topic === topic && before.sum === sum) return before.first;
    this.#remembered.delete(packetId); // so that it is the latest one
    this.#remembered.set(packetId, { topic, sum, first: this.#count });
    if (this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value ?? 0);
    return this.#count;
  }
}

/**
 * FNV-1a, in 32 bits: a fifteenth of the time of SHA-256. It tells the message of before from another one to which the
 * broker, after a crash, has given its packet id.
 * @param {Buffer} payload
 */
function checksum(payload) {
  let sum = 0x811c9dc5;
  for (let n = 0; n < payload.length; n++) sum = Math.imul(sum ^ payload[n], 0x01000193);
  return sum;
}

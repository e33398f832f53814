import { pubacks } from './packets.js';

/**
 * A message that the broker counts as in flight until its packet id is acknowledged.
 * @typedef {{packetId: number, isDone: boolean}} InFlight
 */

/**
 * Acknowledges messages after they are processed, not when they arrive: in the order in which they came
 * [MQTT-4.6.0-2], as many as are due in one write.
 *
 * One instance belongs to one connection. Whatever is in flight when the connection ends is dropped
 * with it: packet ids are used again, and the broker sends the messages again.
 */
export class Acknowledger {
  #client;
  /** In the order of arrival. @type {InFlight[]} */
  #inFlight = [];
  #flushing = false;

  /** @param {import('mqtt').MqttClient} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {InFlight} message  that has arrived */
  add(message) {
    this.#inFlight.push(message);
  }

  /** @param {InFlight} message  that is processed */
  release(message) {
    message.isDone = true;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush() {
    const firstOpen = this.#inFlight.findIndex(({ isDone }) => !isDone);
    const due = this.#inFlight.splice(0, firstOpen === -1 ? this.#inFlight.length : firstOpen);
    if (due.length === 0 || !this.#client.connected) return;
    this.#client.stream.write(pubacks(due.map(({ packetId }) => packetId)));
  }
}

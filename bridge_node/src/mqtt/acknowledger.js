import { pubacks } from './packets.js';

/**
 * A quote that the broker counts as under way until its packet id is acknowledged.
 * @typedef {{packetId: number, isDone: boolean}} Held
 */

/**
 * Acknowledges quotes after they are decided, not when they arrive: in the order in which they came
 * [MQTT-4.6.0-2], as many as are due in one write.
 *
 * One instance belongs to one connection. What is still held when it ends is dropped with it:
 * packet ids are used again, and the broker sends the quotes again.
 */
export class Acknowledger {
  #client;
  /** @type {Held[]} */
  #held = [];
  #flushing = false;

  /** @param {import('mqtt').MqttClient} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {Held} held */
  hold(held) {
    this.#held.push(held);
  }

  /** @param {Held} held  is done with */
  release(held) {
    held.isDone = true;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush() {
    const firstHeld = this.#held.findIndex(({ isDone }) => !isDone);
    const due = this.#held.splice(0, firstHeld === -1 ? this.#held.length : firstHeld);
    if (due.length === 0 || !this.#client.connected) return;
    this.#client.stream.write(pubacks(due.map(({ packetId }) => packetId)));
  }
}

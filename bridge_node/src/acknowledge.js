/**
 * Acknowledges quotes after they are decided, not when they arrive.
 *
 * MQTT.js sends the PUBACK itself as soon as `handleMessage` calls back, and reads no further
 * before that: one quote at a time. If the callback gets an error it sends none and reads on, and
 * nothing else happens (lib/handlers/publish.js of mqtt 5.16.0, which package.json therefore pins;
 * test/acknowledge.test.js holds it to that). The PUBACKs are then written here: in the order in
 * which the quotes came [MQTT-4.6.0-2], as many as are due in one write.
 *
 * One instance belongs to one connection. What is still held when it ends is dropped with it:
 * packet ids are used again, and the broker sends the quotes again.
 */
export class Acknowledger {
  #client;
  /** @type {{messageId: number, due: boolean}[]} */
  #held = [];
  #flushing = false;

  /** @param {import('mqtt').MqttClient} client */
  constructor(client) {
    this.#client = client;
  }

  /**
   * @param {number} messageId
   * @returns {() => void} to be called once, when the quote is done with
   */
  hold(messageId) {
    const entry = { messageId, due: false };
    this.#held.push(entry);
    return () => {
      entry.due = true;
      this.#flushSoon();
    };
  }

  #flushSoon() {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush() {
    const firstHeld = this.#held.findIndex((entry) => !entry.due);
    const due = this.#held.splice(0, firstHeld === -1 ? this.#held.length : firstHeld);
    if (due.length === 0 || !this.#client.connected) return;
    // [MQTT-3.4] PUBACK: type 4, remaining length 2, packet id; in MQTT 5 the same means success
    const packets = Buffer.alloc(due.length * 4);
    due.forEach(({ messageId }, n) => {
      packets.writeUInt16BE(0x4002, n * 4);
      packets.writeUInt16BE(messageId, n * 4 + 2);
    });
    this.#client.stream.write(packets);
  }
}

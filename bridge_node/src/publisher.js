import { randomBytes } from 'node:crypto';

import { Connection } from './connection.js';
import { reason } from './errors.js';

/** How many publishes may be unconfirmed, unless the broker allows fewer (MQTT 5, Receive Maximum). */
const WINDOW = 1000;
/** Bytes of a PUBLISH beside topic and payload: type, lengths, packet id, properties. */
const PACKET_OVERHEAD = 16;

/**
 * @typedef {object} Outgoing
 * @property {string} topic
 * @property {string} payload
 * @property {boolean} retain
 * @property {() => void} confirmed
 * @property {(error: Error) => void} [lost]  it is not to be published on another connection
 */

/**
 * Publishes at QoS 1, in order. On every new connection `recover` publishes first what the broker
 * may have forgotten; then comes what was not confirmed when the last connection ended, in order,
 * and then what is new.
 *
 * It has a connection of its own: a publish that waited for the one that receives would deadlock.
 */
export class Publisher {
  #log;
  #recover;
  /** Published on this connection and not confirmed. @type {Outgoing[]} */
  #unconfirmed = [];
  /** @type {Outgoing[]} */
  #waiting = [];
  /** What `recover` publishes, ahead of what waits. @type {Outgoing[]} */
  #again = [];
  #recovering = true;
  #window = WINDOW;
  /** Bytes of a packet that the broker takes (MQTT 5, Maximum Packet Size). */
  #largest = Infinity;

  /**
   * @param {string} address
   * @param {import('./log.js').Log} log
   * @param {(publish: (topic: string, payload: string) => Promise<void>) => Promise<void>} recover
   *   called on every new connection; its `publish` rejects if that is lost
   */
  constructor(address, log, recover = async () => {}) {
    this.#log = log;
    this.#recover = recover;
    const clientId = `tickwire-publisher-${randomBytes(6).toString('hex')}`;
    this.connection = new Connection(address, { clientId, clean: true }, log, 'debug');
    this.connection.on('up', (client, connack) => {
      this.#window = Math.min(WINDOW, connack.properties?.receiveMaximum ?? WINDOW);
      this.#largest = connack.properties?.maximumPacketSize ?? Infinity;
      void this.#catchUp(client);
    });
    this.connection.on('down', () => this.#lose());
  }

  get connected() {
    return this.connection.client !== undefined;
  }

  start() {
    this.connection.start();
  }

  /**
   * Publish, whatever it takes.
   * @param {string} topic
   * @param {string} payload
   * @param {{retain?: boolean}} [options]
   * @returns {Promise<void>} resolved when the broker has confirmed it
   */
  publish(topic, payload, { retain = false } = {}) {
    return new Promise((confirmed) => {
      this.#waiting.push({ topic, payload, retain, confirmed });
      this.#pump();
    });
  }

  /**
   * Publish if that can be done now; a failure is logged and holds nothing up.
   * @param {string} topic
   * @param {string} payload
   */
  report(topic, payload) {
    const client = this.connection.client;
    if (!client) {
      this.#log.error({ topic }, 'not published: the broker is away');
      return;
    }
    if (this.#isTooLarge(topic, payload)) return;
    client.publish(topic, payload, { qos: 1 }, (error) => {
      if (error) this.#log.error({ topic, reason: reason(error) }, 'not published');
    });
  }

  stop() {
    return this.connection.stop();
  }

  /** @param {import('mqtt').MqttClient} client */
  async #catchUp(client) {
    try {
      await this.#recover(
        (topic, payload) =>
          new Promise((confirmed, lost) => {
            if (this.connection.client !== client) {
              lost(new Error('the connection was lost'));
              return;
            }
            this.#again.push({ topic, payload, retain: false, confirmed, lost });
            this.#pump();
          }),
      );
    } catch (error) {
      if (this.connection.client !== client) return; // the next connection begins anew
      this.connection.renew(`cannot publish again what the broker may have forgotten: ${reason(error)}`);
      return;
    }
    if (this.connection.client !== client) return;
    this.#recovering = false;
    this.#pump();
  }

  #lose() {
    this.#recovering = true;
    const pending = [...this.#unconfirmed, ...this.#again];
    this.#waiting = [...this.#unconfirmed.filter(({ lost }) => !lost), ...this.#waiting];
    this.#unconfirmed = [];
    this.#again = [];
    for (const { lost } of pending) lost?.(new Error('the connection was lost'));
  }

  #pump() {
    const client = this.connection.client;
    if (!client) return;
    const queue = this.#recovering ? this.#again : this.#waiting;
    while (queue.length > 0 && this.#unconfirmed.length < this.#window) {
      const outgoing = /** @type {Outgoing} */ (queue.shift());
      if (this.#isTooLarge(outgoing.topic, outgoing.payload)) {
        outgoing.confirmed(); // the broker would end this connection, and every later one, for it
        continue;
      }
      this.#unconfirmed.push(outgoing);
      const { topic, payload, retain } = outgoing;
      client.publish(topic, payload, { qos: 1, retain }, (error) => {
        if (!error) this.#confirm(outgoing);
        else if (client.connected) {
          // An order must not be dropped because the broker refuses it: an operator has to see
          // it, and it goes out, in its place, once the broker allows it.
          this.connection.renew(`the broker refuses ${topic}: ${reason(error)}`);
        }
      });
    }
  }

  /**
   * @param {string} topic
   * @param {string} payload
   */
  #isTooLarge(topic, payload) {
    const bytes = Buffer.byteLength(payload) + Buffer.byteLength(topic) + PACKET_OVERHEAD;
    if (bytes <= this.#largest) return false;
    this.#log.error({ topic, bytes, most: this.#largest }, 'not published: the broker takes no packet so large');
    return true;
  }

  /** @param {Outgoing} outgoing */
  #confirm(outgoing) {
    const place = this.#unconfirmed.indexOf(outgoing);
    if (place === -1) return;
    this.#unconfirmed.splice(place, 1);
    outgoing.confirmed();
    this.#pump();
  }
}

import { randomBytes } from 'node:crypto';

import { Connection } from './connection.js';
import { reason } from './errors.js';

/** How many publishes may be unconfirmed, unless the broker allows fewer (MQTT 5, Receive Maximum). */
const WINDOW = 1000;

/**
 * @typedef {object} Outgoing
 * @property {string} topic
 * @property {string} payload
 * @property {boolean} retain
 * @property {() => void} confirmed
 */

/**
 * Publishes at QoS 1, in order. What was not confirmed when a connection ended is published again,
 * first and in order, on the next one.
 *
 * It has a connection of its own: a publish that waited for the one that receives would deadlock.
 */
export class Publisher {
  #connection;
  #log;
  /** Published on this connection and not confirmed. @type {Outgoing[]} */
  #unconfirmed = [];
  /** @type {Outgoing[]} */
  #waiting = [];
  #window = WINDOW;

  /**
   * @param {string} address
   * @param {import('./log.js').Log} log
   */
  constructor(address, log) {
    this.#log = log;
    const clientId = `tickwire-publisher-${randomBytes(6).toString('hex')}`;
    this.#connection = new Connection(address, { clientId, clean: true }, log, 'debug');
    this.#connection.on('up', (_client, connack) => {
      this.#window = Math.min(WINDOW, connack.properties?.receiveMaximum ?? WINDOW);
      this.#pump();
    });
    this.#connection.on('down', () => {
      this.#waiting = [...this.#unconfirmed, ...this.#waiting];
      this.#unconfirmed = [];
    });
  }

  get connected() {
    return this.#connection.client !== undefined;
  }

  start() {
    this.#connection.start();
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
    const client = this.#connection.client;
    if (!client) {
      this.#log.error({ topic }, 'not published: the broker is away');
      return;
    }
    client.publish(topic, payload, { qos: 1 }, (error) => {
      if (error) this.#log.error({ topic, reason: reason(error) }, 'not published');
    });
  }

  stop() {
    return this.#connection.stop();
  }

  #pump() {
    const client = this.#connection.client;
    if (!client) return;
    while (this.#waiting.length > 0 && this.#unconfirmed.length < this.#window) {
      const outgoing = /** @type {Outgoing} */ (this.#waiting.shift());
      this.#unconfirmed.push(outgoing);
      const { topic, payload, retain } = outgoing;
      client.publish(topic, payload, { qos: 1, retain }, (error) => {
        if (!error) this.#confirm(outgoing);
        else if (client.connected) {
          // An order must not be dropped because the broker refuses it: an operator has to see
          // it, and it goes out, in its place, once the broker allows it.
          this.#connection.renew(`the broker refuses ${topic}: ${reason(error)}`);
        }
      });
    }
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

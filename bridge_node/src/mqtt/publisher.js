import { randomBytes } from 'node:crypto';

import { ReasonCodes } from 'mqtt';

import { Connection } from './connection.js';
import { reason } from '../support/errors.js';
import { PUBACK, PUBLISH_OVERHEAD, readPuback, writePublish } from './packets.js';

/** How many publishes may be unconfirmed, unless the broker allows fewer (MQTT 5, Receive Maximum). */
const WINDOW = 1000;
/**
 * ms between two looks for confirmations while more than MANY of them are to come. The broker sends
 * each by itself, and to be woken by every one costs a third of all that is done with a quote.
 */
const INTERVAL = 5;
const MANY = 25;
/** The first reason code of a PUBACK that is a refusal (MQTT 5). */
const REFUSED = 128;

/**
 * @typedef {object} Publication
 * @property {string} topic
 * @property {string | Uint8Array} payload
 * @property {boolean} [retain]
 */

/**
 * A publication on its way, as bytes.
 * @typedef {object} Outgoing
 * @property {Buffer} topic
 * @property {Uint8Array} payload
 * @property {boolean} retain
 * @property {Batch} batch
 */

/**
 * Those that were published together.
 * @typedef {object} Batch
 * @property {number} left  how many are unconfirmed
 * @property {() => void} confirmed
 * @property {(error: Error) => void} [lost]  they are not to be published on another connection
 */

/** @typedef {(publications: Publication[]) => Promise<void>} Publish */

/**
 * Publishes at QoS 1, in order. On every new connection `recover` publishes first what the broker
 * may have forgotten; then comes what was not confirmed when the last connection ended, in order,
 * and then what is new.
 *
 * It has a connection of its own: a publish that waited for the one that receives would deadlock.
 */
export class Publisher {
  #broker;
  #recover;
  /** Published on this connection and not confirmed, by packet id, in order. @type {Map<number, Outgoing>} */
  #unconfirmed = new Map();
  /** @type {Outgoing[]} */
  #waiting = [];
  /** What `recover` publishes, ahead of what waits. @type {Outgoing[]} */
  #again = [];
  #recovering = true;
  #window = WINDOW;
  /** Bytes of a packet that the broker takes (MQTT 5, Maximum Packet Size). */
  #largest = Infinity;
  /** Of the present connection. @type {import('./wire.js').Wire | undefined} */
  #wire;
  /** @type {NodeJS.Timeout | undefined} */
  #nextLook;
  /** Topics as bytes. @type {Map<string, Buffer>} */
  #topics = new Map();

  /**
   * @param {import('./broker.js').Broker} broker
   * @param {(publish: Publish) => Promise<void>} recover  called on every new connection; its
   *   `publish` rejects if that is lost
   */
  constructor(broker, recover = async () => {}) {
    this.#broker = broker;
    this.#recover = recover;
    const clientId = `${broker.prefix}tickwire-publisher-${randomBytes(6).toString('hex')}`;
    this.connection = new Connection(broker, { clientId, clean: true }, (_, wire) => {
      this.#wire = wire;
      return {
        take: (bytes, first, frame) => first >> 4 === PUBACK && this.#takePuback(readPuback(bytes, frame)),
        taken: () => {
          this.#pump();
          if (this.#unconfirmed.size <= MANY) return;
          wire.hold();
          this.#nextLook = setTimeout(() => wire.release(), INTERVAL);
        },
      };
    });
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
   * @param {Publication[]} publications
   * @returns {Promise<void>} resolved when the broker has confirmed all of them
   */
  publish(publications) {
    return new Promise((confirmed) => {
      this.#add(this.#waiting, publications, { left: publications.length, confirmed });
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
      this.#broker.log.error({ topic }, 'not published: the broker is away');
      return;
    }
    if (this.#isTooLarge(Buffer.from(topic), Buffer.from(payload))) return;
    client.publish(topic, payload, { qos: 1 }, (error) => {
      if (error) this.#broker.log.error({ topic, reason: reason(error) }, 'not published');
    });
  }

  /** Look for confirmations now. */
  look() {
    clearTimeout(this.#nextLook);
    this.#wire?.release();
  }

  stop() {
    return this.connection.stop();
  }

  /**
   * @param {Outgoing[]} queue
   * @param {Publication[]} publications
   * @param {Batch} batch
   */
  #add(queue, publications, batch) {
    if (publications.length === 0) batch.confirmed();
    for (const { topic, payload, retain = false } of publications) {
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      queue.push({ topic: this.#topicBytes(topic), payload: bytes, retain, batch });
    }
    this.#pump();
  }

  /** @param {string} topic */
  #topicBytes(topic) {
    let bytes = this.#topics.get(topic);
    if (!bytes) {
      bytes = Buffer.from(topic);
      this.#topics.set(topic, bytes); // a handful: the algorithm's outputs
    }
    return bytes;
  }

  /** @param {import('mqtt').MqttClient} client */
  async #catchUp(client) {
    try {
      await this.#recover(
        (publications) =>
          new Promise((confirmed, lost) => {
            if (this.connection.client !== client) lost(new Error('the connection was lost'));
            else this.#add(this.#again, publications, { left: publications.length, confirmed, lost });
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
    this.#wire = undefined;
    this.#recovering = true;
    const pending = [...this.#unconfirmed.values(), ...this.#again];
    this.#waiting = [...[...this.#unconfirmed.values()].filter(({ batch }) => !batch.lost), ...this.#waiting];
    this.#unconfirmed.clear();
    this.#again = [];
    for (const { batch } of pending) batch.lost?.(new Error('the connection was lost'));
  }

  /** Write as many packets as the window allows, in one go. */
  #pump() {
    const client = this.connection.client;
    const queue = this.#recovering ? this.#again : this.#waiting;
    const room = this.#window - this.#unconfirmed.size;
    if (!client || queue.length === 0 || room <= 0) return;
    const due = queue.splice(0, room).filter((outgoing) => this.#canGo(outgoing));
    if (due.length === 0) {
      this.#pump(); // no confirmation will come that would go on with what is left
      return;
    }
    const hasProperties = client.options.protocolVersion === 5;
    const most = due.reduce((bytes, { topic, payload }) => bytes + topic.length + payload.length, 0);
    const packets = Buffer.allocUnsafe(most + due.length * PUBLISH_OVERHEAD);
    let end = 0;
    for (const outgoing of due) {
      // one count for these and for what MQTT.js sends itself
      const packetId = /** @type {number} */ (client.messageIdProvider.allocate());
      this.#unconfirmed.set(packetId, outgoing);
      end = writePublish(packets, end, outgoing, packetId, hasProperties);
    }
    client.stream.write(packets.subarray(0, end));
  }

  /** @param {Outgoing} outgoing */
  #canGo({ topic, payload, batch }) {
    if (!this.#isTooLarge(topic, payload)) return true;
    this.#settle(batch); // the broker would end this connection, and every later one, for it
    return false;
  }

  /**
   * @param {Buffer} topic
   * @param {Uint8Array} payload
   */
  #isTooLarge(topic, payload) {
    const bytes = payload.length + topic.length + PUBLISH_OVERHEAD;
    if (bytes <= this.#largest) return false;
    this.#broker.log.error(
      { topic: topic.toString(), bytes, most: this.#largest },
      'not published: the broker takes no packet so large',
    );
    return true;
  }

  /** @param {{packetId: number, reasonCode: number}} puback */
  #takePuback({ packetId, reasonCode }) {
    const outgoing = this.#unconfirmed.get(packetId);
    if (!outgoing) return false; // that of a report
    if (reasonCode >= REFUSED) {
      // An order must not be dropped because the broker refuses it: an operator has to see it, and
      // it goes out, in its place, once the broker allows it.
      const why = /** @type {Record<number, string>} */ (ReasonCodes)[reasonCode] ?? `reason ${reasonCode}`;
      this.connection.renew(`the broker refuses ${outgoing.topic}: ${why}`);
      return true;
    }
    this.#unconfirmed.delete(packetId);
    this.#settle(outgoing.batch);
    return true;
  }

  /** @param {Batch} batch */
  #settle(batch) {
    batch.left -= 1;
    if (batch.left === 0) batch.confirmed();
  }
}

import { randomBytes } from 'node:crypto';

import { ReasonCodes } from 'mqtt';

import { Connection } from './connection.js';
import { reason } from '../support/errors.js';
import { LineLimit } from '../support/line_limit.js';
import { PUBACK, PUBLISH_OVERHEAD, readPuback, writePublish } from './packets.js';

/** Publications that may be unconfirmed, unless the broker allows fewer (MQTT 5, Receive Maximum). */
const MAX_UNCONFIRMED = 1000;
/**
 * ms between two reads of confirmations while more than MANY are outstanding. The broker sends each by
 * itself, and waking for every one would cost a third of the time per message.
 */
const INTERVAL = 5;
const MANY = 25;
/** [MQTT5-2.4] From this reason code on a PUBACK is a refusal. */
const REFUSED = 128;

/**
 * @typedef {object} Publication
 * @property {string} topic
 * @property {string | Uint8Array} payload
 * @property {boolean} [retain]
 */

/**
 * A publication as bytes, until it is confirmed.
 * @typedef {object} Outgoing
 * @property {Buffer} topic
 * @property {Uint8Array} payload
 * @property {boolean} retain
 * @property {Batch} batch
 */

/**
 * The publications of one call of `publish`.
 * @typedef {object} Batch
 * @property {number} left  how many are unconfirmed
 * @property {() => void} confirmed  called when none is left
 * @property {(error: Error) => void} [lost]  called if the connection ends before; without it they are
 *   published again on the next connection
 */

/**
 * Publishes in order on the present connection. Resolves when the broker has confirmed all of them; rejects
 * if the connection is lost before.
 * @typedef {(publications: Publication[]) => Promise<void>} Publish
 */

/**
 * Publishes again what the broker may have lost. The Publisher calls it on each new connection, once; until
 * it has resolved, only its own publications are sent. If it rejects on a connection that is still up, the
 * Publisher logs why and makes a new connection.
 * @typedef {(publish: Publish) => Promise<void>} Recover
 */

/**
 * Publishes at QoS 1, in order. On each new connection come first the publications of `recover`, then those
 * that were unconfirmed when the last connection ended, then the new ones.
 *
 * It has a connection of its own: a publication that waited for a connection whose reading is paused would
 * cause a deadlock.
 */
export class Publisher {
  #broker;
  #recover;
  /** Published on this connection and not confirmed, by packet id, in order. @type {Map<number, Outgoing>} */
  #unconfirmed = new Map();
  /** @type {Outgoing[]} */
  #waiting = [];
  /** The publications of `recover`, ahead of those that wait. @type {Outgoing[]} */
  #again = [];
  #recovering = true;
  #maxUnconfirmed = MAX_UNCONFIRMED;
  /** Of the lines about reports: a flood of bad messages has as many. */
  #limit = new LineLimit();
  /** Of the present connection. @type {import('./packet_stream.js').PacketStream | undefined} */
  #stream;
  /** @type {NodeJS.Timeout | undefined} */
  #nextRead;
  /** Topics as bytes. @type {Map<string, Buffer>} */
  #topics = new Map();

  /**
   * @param {import('./broker_link.js').BrokerLink} broker
   * @param {Recover} recover
   */
  constructor(broker, recover = async () => {}) {
    this.#broker = broker;
    this.#recover = recover;
    const clientId = `${broker.prefix}tickwire-publisher-${randomBytes(6).toString('hex')}`;
    this.connection = new Connection(broker, { clientId, clean: true }, (_, stream) => {
      this.#stream = stream;
      return {
        handle: (bytes, first, frame) => first >> 4 === PUBACK && this.#handlePuback(readPuback(bytes, frame)),
        readDone: () => {
          this.#pump();
          if (this.#unconfirmed.size <= MANY) return;
          stream.pauseReading();
          this.#nextRead = setTimeout(() => stream.resumeReading(), INTERVAL);
        },
      };
    });
    this.connection.on('up', (client, connack) => {
      this.#maxUnconfirmed = Math.min(MAX_UNCONFIRMED, connack.properties?.receiveMaximum ?? MAX_UNCONFIRMED);
      void this.#catchUp(client);
    });
    this.connection.on('down', () => this.#lose());
  }

  get connected() {
    return this.connection.client !== undefined;
  }

  /**
   * Bytes of a payload that the broker accepts, as far as it has said so.
   * @param {string} topic
   */
  maxPayloadBytes(topic) {
    return this.connection.maxPacketBytes - PUBLISH_OVERHEAD - this.#topicBytes(topic).length;
  }

  start() {
    this.connection.start();
  }

  /**
   * Publish, on as many connections as it takes.
   * @param {Publication[]} publications
   * @returns {Promise<void>} resolves when the broker has confirmed all of them
   */
  publish(publications) {
    return new Promise((confirmed) => {
      this.#add(this.#waiting, publications, { left: publications.length, confirmed });
    });
  }

  /**
   * Publish if that is possible now; a failure is logged and delays nothing.
   * @param {string} topic
   * @param {string} payload
   */
  report(topic, payload) {
    const client = this.connection.client;
    if (!client) {
      this.#broker.log[this.#limit.next('error')]({ topic }, 'not published: the broker is unavailable');
      return;
    }
    if (this.#isTooLarge(Buffer.from(topic), Buffer.from(payload))) return;
    client.publish(topic, payload, { qos: 1 }, (error) => {
      if (error) this.#broker.log[this.#limit.next('error')]({ topic, reason: reason(error) }, 'not published');
    });
  }

  /** Read the confirmations that have arrived now. */
  readNow() {
    clearTimeout(this.#nextRead);
    this.#stream?.resumeReading();
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
      this.#topics.set(topic, bytes); // there are only a few topics
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
      if (this.connection.client !== client) return; // the next connection recovers again
      this.connection.renew(`cannot publish again what the broker may have lost: ${reason(error)}`);
      return;
    }
    if (this.connection.client !== client) return;
    this.#recovering = false;
    this.#pump();
  }

  #lose() {
    this.#stream = undefined;
    this.#recovering = true;
    const pending = [...this.#unconfirmed.values(), ...this.#again];
    this.#waiting = [...[...this.#unconfirmed.values()].filter(({ batch }) => !batch.lost), ...this.#waiting];
    this.#unconfirmed.clear();
    this.#again = [];
    for (const { batch } of pending) batch.lost?.(new Error('the connection was lost'));
  }

  /** Write as many packets as may be unconfirmed, in one write. */
  #pump() {
    const client = this.connection.client;
    const queue = this.#recovering ? this.#again : this.#waiting;
    const room = this.#maxUnconfirmed - this.#unconfirmed.size;
    if (!client || queue.length === 0 || room <= 0) return;
    const due = queue.splice(0, room).filter((outgoing) => this.#isSendable(outgoing));
    if (due.length === 0) {
      this.#pump(); // no confirmation will come that would continue with the rest
      return;
    }
    const hasProperties = client.options.protocolVersion === 5;
    const size = due.reduce((bytes, { topic, payload }) => bytes + topic.length + payload.length, 0);
    const packets = Buffer.allocUnsafe(size + due.length * PUBLISH_OVERHEAD);
    let end = 0;
    for (const outgoing of due) {
      // from the count that MQTT.js uses for its own packets
      const packetId = /** @type {number} */ (client.messageIdProvider.allocate());
      this.#unconfirmed.set(packetId, outgoing);
      end = writePublish(packets, end, outgoing, packetId, hasProperties);
    }
    client.stream.write(packets.subarray(0, end));
  }

  /** @param {Outgoing} outgoing */
  #isSendable({ topic, payload, batch }) {
    if (!this.#isTooLarge(topic, payload)) return true;
    this.#settle(batch); // the broker would end this connection, and every later one, because of it
    return false;
  }

  /**
   * @param {Buffer} topic
   * @param {Uint8Array} payload
   */
  #isTooLarge(topic, payload) {
    const bytes = payload.length + topic.length + PUBLISH_OVERHEAD;
    const { maxPacketBytes: max } = this.connection;
    if (bytes <= max) return false;
    this.#broker.log.error(
      { topic: topic.toString(), bytes, max },
      'not published: the broker accepts no packet of this size',
    );
    return true;
  }

  /** @param {{packetId: number, reasonCode: number}} puback */
  #handlePuback({ packetId, reasonCode }) {
    const outgoing = this.#unconfirmed.get(packetId);
    if (!outgoing) return false; // it confirms a report
    if (reasonCode >= REFUSED) {
      // What the broker refuses must not be dropped: an operator has to see it, and it is published, in
      // its place, once the broker allows it.
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

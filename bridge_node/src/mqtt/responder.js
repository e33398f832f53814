import { randomBytes } from 'node:crypto';

import { Deferred } from '../support/deferred.js';
import { reason } from '../support/errors.js';
import { LineLimit } from '../support/line_limit.js';
import { Acknowledger } from './acknowledger.js';
import { Connection } from './connection.js';
import { PUBLISH, PUBLISH_OVERHEAD, readPublish } from './packets.js';

/** Messages that the broker sends before one of them is acknowledged (MQTT 5, Receive Maximum). */
const MAX_UNACKNOWLEDGED = 20;
/** Bytes of a packet that an MQTT 5 broker sends here; it drops what is larger (Maximum Packet Size). */
const MAX_PACKET = 64 * 1024;

/**
 * Receives the messages of one topic, and publishes what they lead to, on one connection. Its session is not kept: what
 * is published while it is away never comes.
 *
 * All that it publishes is at QoS 1, once: what the broker has not confirmed when the connection ends is lost.
 */
export class Responder {
  #broker;
  #connection;
  #topic = '';
  #limit = new LineLimit();
  /** Resolves when the present connection has ended. */
  #lost = new Deferred();

  /**
   * @param {import('./broker_link.js').BrokerLink} broker
   * @param {string} name  the beginning of its client id
   * @param {(payload: Buffer) => Promise<void>} receive  called for each message that is no retained one; it is
   *   acknowledged when that has resolved. It may not reject, and reads the payload before it awaits anything
   */
  constructor(broker, name, receive) {
    this.#broker = broker;
    const clientId = `${broker.prefix}${name}-${randomBytes(6).toString('hex')}`;
    const properties = { receiveMaximum: MAX_UNACKNOWLEDGED, maximumPacketSize: MAX_PACKET };
    this.#connection = new Connection(broker, { clientId, clean: true, properties }, (client) => {
      const acknowledger = new Acknowledger(client);
      const hasProperties = client.options.protocolVersion === 5;
      return {
        handle: (bytes, first, frame) => {
          if (first >> 4 !== PUBLISH) return false;
          const { payload, qos, retain, packetId } = readPublish(bytes, first, frame, hasProperties);
          const inFlight = { packetId, isDone: false };
          if (qos > 0) acknowledger.add(inFlight);
          const received = retain ? Promise.resolve() : receive(payload);
          if (qos > 0) void received.then(() => acknowledger.release(inFlight));
          return true;
        },
      };
    });
    this.#connection.on('up', (client) => {
      this.#lost = new Deferred();
      this.#subscribe(client);
    });
    this.#connection.on('down', () => this.#lost.resolve());
  }

  /** @param {string} topic  without wildcards */
  start(topic) {
    this.#topic = this.#broker.prefix + topic;
    this.#connection.start();
  }

  /**
   * Bytes of a payload that the broker accepts, as far as it has said so.
   * @param {string} topic
   */
  maxPayloadBytes(topic) {
    return this.#connection.maxPacketBytes - PUBLISH_OVERHEAD - Buffer.byteLength(this.#broker.prefix + topic);
  }

  /**
   * @param {string} topic
   * @param {string | Buffer} payload
   * @returns {Promise<void>} resolves when the broker has confirmed or refused it, or the connection has ended
   */
  publish(topic, payload) {
    const { client } = this.#connection;
    if (!client) return Promise.resolve();
    const full = this.#broker.prefix + topic;
    const settled = new Promise((resolve) => {
      client.publish(full, payload, { qos: 1 }, (error) => {
        if (error && client.connected) {
          this.#broker.log[this.#limit.next()]({ topic: full }, `not published: ${reason(error)}`);
        }
        resolve(undefined);
      });
    });
    return Promise.race([settled, this.#lost.promise]).then(() => {});
  }

  /** Make no other connection, and log nothing when this one ends. */
  retire() {
    this.#connection.retire();
  }

  stop() {
    return this.#connection.stop();
  }

  /**
   * A broker that refuses it has access rules: nothing else depends on it.
   * @param {import('mqtt').MqttClient} client
   */
  #subscribe(client) {
    const { log } = this.#broker;
    const topic = this.#topic;
    client.subscribe(topic, { qos: 1 }, (error, granted) => {
      if (!client.connected) return;
      if (!error && granted?.every(({ qos }) => qos < 128)) log.info({ topic }, 'subscribed');
      else
        log.warn({ topic }, `the broker refuses to subscribe: ${reason(error ?? 'refused')}; nobody is answered there`);
    });
  }
}

import { createHash, randomBytes } from 'node:crypto';

import { Connection } from '../mqtt/connection.js';
import { reason, RecordError } from '../support/errors.js';
import { nameOfLevel } from '../support/topic_level.js';
import { readRecord } from './record.js';

/** Payloads that are remembered as reported. */
const MAX_REPORTED = 1000;
/** Characters of a topic in a sentence. */
const MAX_SHOWN = 100;

/**
 * What Announcements calls, as messages arrive: for each valid record, also if it came before, and for each
 * name that is forgotten.
 * @typedef {object} Followers
 * @property {(record: import('./record.js').AlgoRecord) => void} announced
 * @property {(name: string) => void} forgotten
 */

/**
 * Reads the records of algorithms on algos/+, those that are retained first. What is not a record is reported once,
 * and ignored.
 */
export class Announcements {
  #broker;
  #followers;
  #connection;
  /** Hashes of topic and payload. @type {Set<string>} */
  #reported = new Set();
  /** Whether the broker has confirmed the subscription, and so sent what it retains, on the present connection. */
  isReady = false;

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {Followers} followers
   */
  constructor(broker, followers) {
    this.#broker = broker;
    this.#followers = followers;
    this.topic = `${broker.prefix}algos/+`;
    const clientId = `${broker.prefix}tickwire-discovery-${randomBytes(6).toString('hex')}`;
    this.#connection = new Connection(broker, { clientId, clean: true });
    this.#connection.on('up', (client) => this.#subscribe(client));
    this.#connection.on('down', () => {
      this.isReady = false;
    });
  }

  start() {
    this.#connection.start();
  }

  /** Make no other connection, and log nothing when this one ends. */
  retire() {
    this.#connection.retire();
  }

  stop() {
    return this.#connection.stop();
  }

  /** @param {import('mqtt').MqttClient} client */
  #subscribe(client) {
    client.on('message', (topic, payload) => this.#take(topic, payload));
    client.subscribe(this.topic, { qos: 1 }, (error, granted) => {
      if (!client.connected) return;
      const isRefused = error || granted?.some(({ qos }) => qos >= 128);
      if (isRefused) {
        this.#connection.renew(`the broker refuses to subscribe to ${this.topic}: ${reason(error ?? 'refused')}`);
      } else {
        this.isReady = true;
      }
    });
  }

  /**
   * @param {string} topic
   * @param {Buffer} payload
   */
  #take(topic, payload) {
    const level = topic.slice(this.topic.length - 1);
    const name = nameOfLevel(level);
    try {
      if (name === undefined) throw new RecordError('its last level stands for no name');
      if (payload.length === 0) return this.#followers.forgotten(name);
      const record = readRecord(payload);
      if (record.name !== name) throw new RecordError(`"name" is "${record.name}", which is not that of its topic`);
      this.#followers.announced(record);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.#report(topic, payload, error.message);
    }
  }

  /**
   * @param {string} topic
   * @param {Buffer} payload
   * @param {string} why
   */
  #report(topic, payload, why) {
    const key = createHash('sha256').update(`${topic}\0`).update(payload).digest('base64');
    if (this.#reported.has(key)) return;
    if (this.#reported.size >= MAX_REPORTED) this.#reported.clear();
    this.#reported.add(key);
    const shown = topic.length > MAX_SHOWN ? `${topic.slice(0, MAX_SHOWN)}…` : topic;
    this.#broker.log.warn(`ignored what is announced on ${shown}: ${why}`);
  }
}

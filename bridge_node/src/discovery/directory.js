import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { question, readClaim } from '../messages/claim.js';
import { epochOf, readDuty } from '../messages/duty.js';
import { Connection } from '../mqtt/connection.js';
import { MAX_PATIENCE, reach } from '../mqtt/reach.js';
import { reason, RecordError, UserError } from '../support/errors.js';
import { nameOfLevel, topicLevel } from '../support/topic_level.js';
import { readRecord } from './record.js';
import { readSnapshot } from './snapshot.js';
import { printable } from './text.js';

/** Algorithms that are read; a broker may retain any number. */
const MAX_ALGORITHMS = 1000;
/** MQTT has no end of what is retained: after so many ms without a message it has all come. */
const QUIET = 500;
const KINDS = ['algos', 'bridges', 'portfolios'];

/**
 * What a broker retains of algorithms, each by its name, and which of the bridges that claim them live. Its user
 * calls `read` first, and `close` last. All of them throw a UserError if the broker is lost or refuses.
 */
export class Directory {
  #broker;
  #connection;
  #lastMessage = 0;

  /** @type {Map<string, import('./record.js').AlgoRecord>} */
  records = new Map();
  /** @type {Map<string, import('../messages/claim.js').Claim>} */
  claims = new Map();
  /** @type {Map<string, import('./snapshot.js').Snapshot>} */
  snapshots = new Map();
  /** Those whose bridge has published its claim since `read`. @type {Set<string>} */
  answered = new Set();
  /** Whether the broker does not let us ask the bridges, as a secured one does to viewers. */
  isDenied = false;
  /** What is not a record, and why, as sentences. @type {string[]} */
  ignored = [];

  /** @param {import('../mqtt/broker_link.js').BrokerLink} broker */
  constructor(broker) {
    this.#broker = broker;
    const clientId = `${broker.prefix}tickwire-algos-${randomBytes(6).toString('hex')}`;
    this.#connection = new Connection(broker, { clientId, clean: true });
  }

  /** The names of all of them, in order. */
  get names() {
    return [...new Set([...this.records.keys(), ...this.claims.keys(), ...this.snapshots.keys()])].sort();
  }

  /** Connect, and read what is retained. */
  async read() {
    await reach(this.#connection, this.#broker);
    const { client } = this;
    client.on('message', (topic, payload, { retain }) => this.#take(topic, payload, retain));
    try {
      await client.subscribeAsync(
        KINDS.map((kind) => `${this.#broker.prefix}${kind}/+`),
        { qos: 1 },
      );
    } catch (error) {
      throw new UserError(`the broker at ${this.#broker.shown} does not show its algorithms: ${reason(error)}`);
    }
    this.#lastMessage = performance.now();
    await this.until(() => performance.now() - this.#lastMessage > QUIET, MAX_PATIENCE);
  }

  /**
   * Ask the bridges that claim these algorithms whether they live, and wait for their answers.
   * @param {string[]} names
   * @param {number} patience  in ms
   */
  async ask(names, patience) {
    const asked = names.filter((name) => this.claims.has(name));
    const text = question(randomBytes(8).toString('hex'));
    try {
      for (const name of asked) await this.#publish('bridges', name, text, false);
    } catch {
      void this.client; // it throws if the broker is lost
      this.isDenied = true;
      return;
    }
    await this.until(() => asked.every((name) => this.answered.has(name) || !this.claims.has(name)), patience);
  }

  /**
   * Empty what is retained of an algorithm.
   * @param {string} kind  the first level of the topic
   * @param {string} name
   */
  remove(kind, name) {
    return this.#publish(kind, name, '', true);
  }

  /**
   * Receive until a condition holds, or the patience has ended.
   * @param {() => boolean} condition
   * @param {number} patience  in ms
   * @returns {Promise<boolean>} whether it holds
   */
  async until(condition, patience) {
    for (const deadline = performance.now() + patience; !condition();) {
      if (performance.now() > deadline) return false;
      void this.client;
      await sleep(20);
    }
    return true;
  }

  close() {
    return this.#connection.stop();
  }

  /** @returns {import('mqtt').MqttClient} */
  get client() {
    const { client } = this.#connection;
    if (!client) throw new UserError(`the broker at ${this.#broker.shown} was lost (${this.#broker.fault}): ask again`);
    return client;
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @param {string} payload
   * @param {boolean} retain
   */
  async #publish(kind, name, payload, retain) {
    const topic = `${this.#broker.prefix}${kind}/${topicLevel(name)}`;
    try {
      await this.client.publishAsync(topic, payload, { qos: 1, retain });
    } catch (error) {
      const why = reason(error).replace(/^Publish error: /, '');
      throw new UserError(`the broker at ${this.#broker.shown} refuses ${topic}: ${why}`);
    }
  }

  /**
   * @param {string} topic
   * @param {Buffer} payload
   * @param {boolean} isRetained
   */
  #take(topic, payload, isRetained) {
    this.#lastMessage = performance.now();
    const [kind, level] = topic.slice(this.#broker.prefix.length).split('/');
    const name = nameOfLevel(level) ?? level;
    const { names } = this;
    if (!names.includes(name) && names.length >= MAX_ALGORITHMS) return;
    if (kind === 'algos') this.#takeRecord(name, payload);
    else if (kind === 'bridges') this.#takeClaim(name, payload, isRetained);
    else setOrDelete(this.snapshots, name, readSnapshot(payload));
  }

  /**
   * @param {string} name
   * @param {Buffer} payload
   */
  #takeRecord(name, payload) {
    if (payload.length === 0) {
      this.records.delete(name);
      return;
    }
    try {
      const record = readRecord(payload);
      if (record.name !== name) throw new RecordError(`"name" is "${printable(record.name, 80)}"`);
      this.records.set(name, record);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      if (this.ignored.length >= MAX_ALGORITHMS) return;
      this.ignored.push(`ignored what is announced on algos/${printable(name, 80)}: ${error.message}`);
    }
  }

  /**
   * @param {string} name
   * @param {Buffer} payload
   * @param {boolean} isRetained
   */
  #takeClaim(name, payload, isRetained) {
    const claim = readClaim(payload);
    const isWithdrawn = payload.length === 0 || epochOf(readDuty(payload)) > 0;
    if (!isWithdrawn && !claim) return; // a question, or broken
    setOrDelete(this.claims, name, claim);
    if (claim && !isRetained) this.answered.add(name);
  }
}

/**
 * @template T
 * @param {Map<string, T>} map
 * @param {string} key
 * @param {T | undefined} value
 */
function setOrDelete(map, key, value) {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

import { PUBLISH_OVERHEAD } from './packets.js';
import { Rooms } from './rooms.js';

/** Bytes that may wait to be written on a connection for something to be published that may as well be lost. */
const MAX_UNWRITTEN = 1024 * 1024;
/** ms after the start before an unavailable broker is reported. */
const PATIENCE = 1000;

/**
 * What all connections share.
 * @typedef {object} State
 * @property {number} begun  ms, of performance.now()
 * @property {Map<import('./connection.js').Connection, string>} faults  why each of them is not up; empty of those that are
 * @property {Map<object, number>} upSince  since when each of them is up
 * @property {WeakSet<object>} seen  those that were up, at some time
 * @property {number} reconnects  how often one of them was up again
 * @property {'nothing' | 'available' | 'unavailable' | 'refused'} reported  what was logged last
 * @property {4 | 5} version  of MQTT, as the broker took it last
 * @property {Rooms} rooms  in which connections receive large packets
 * @property {import('../support/log.js').Log} log  of the process
 */

/**
 * The link to the broker, which consists of several connections: how the broker is reached, and whether all
 * of them are up. It logs once when the broker becomes unavailable and once when it is available again.
 *
 * Each Connection reports its own state: `expect` when it starts, then `connected` and `failed` in turn,
 * and `forget` when it stops for good.
 */
export class BrokerLink {
  /** @type {State} */
  #state;

  /**
   * @param {object} access  as `readBroker` returns it
   * @param {string} access.shown  the address as it may be logged
   * @param {import('mqtt').IClientOptions} access.options  for MQTT.js
   * @param {import('../support/log.js').Log} log
   * @param {string} [prefix]  of all topics and client ids: "site1/"
   * @param {State} [state]  of the link that this is a view of
   */
  constructor({ shown, options }, log, prefix = '', state) {
    this.shown = shown;
    this.options = options;
    this.log = log;
    this.prefix = prefix;
    this.#state = state ?? {
      begun: performance.now(),
      faults: new Map(),
      upSince: new Map(),
      seen: new WeakSet(),
      reconnects: 0,
      reported: 'nothing',
      version: 5,
      rooms: new Rooms(),
      log,
    };
  }

  /**
   * The same link, as the connections of one algorithm see it: what they log names it.
   * @param {import('../support/log.js').Log} log
   */
  seenBy(log) {
    return new BrokerLink(this, log, this.prefix, this.#state);
  }

  /** Of MQTT: the next connection begins with it. */
  get version() {
    return this.#state.version;
  }

  set version(version) {
    this.#state.version = version;
  }

  /** How often one of its connections was up again. */
  get reconnects() {
    return this.#state.reconnects;
  }

  /** In which its connections receive large packets. */
  get rooms() {
    return this.#state.rooms;
  }

  /** Why the broker is unavailable; undefined if all connections are up. */
  get fault() {
    return [...this.#state.faults.values()].find((why) => why !== '');
  }

  /** Whether all connections are up. */
  get isUp() {
    return this.#state.faults.size > 0 && this.fault === undefined;
  }

  /**
   * Publish at QoS 0 on any connection that is up; nothing happens if none is, if the broker does not read what is
   * written, or if it accepts no packet of this size.
   * @param {string} topic  without the prefix
   * @param {string} payload
   */
  publishNow(topic, payload) {
    const bytes = Buffer.byteLength(payload) + Buffer.byteLength(this.prefix + topic) + PUBLISH_OVERHEAD;
    for (const { client, maxPacketBytes } of this.#state.faults.keys()) {
      if (!client || bytes > maxPacketBytes || client.stream.writableLength > MAX_UNWRITTEN) continue;
      client.publish(this.prefix + topic, payload);
      return;
    }
  }

  /** @param {import('./connection.js').Connection} connection  that has started */
  expect(connection) {
    if (!this.#state.faults.get(connection)) this.#state.faults.set(connection, 'it has not answered yet');
  }

  /**
   * @param {import('./connection.js').Connection} connection  that is up
   * @param {4 | 5} version  of MQTT
   */
  connected(connection, version) {
    this.version = version;
    if (this.#state.seen.has(connection)) this.#state.reconnects += 1;
    this.#state.seen.add(connection);
    this.#state.faults.set(connection, '');
    this.#state.upSince.set(connection, performance.now());
    if (this.#state.reported === 'available' || this.fault) return;
    this.#state.reported = 'available';
    this.#state.log.info(`connected to ${this.shown}, MQTT ${version === 5 ? '5' : '3.1.1'}`);
  }

  /**
   * @param {import('./connection.js').Connection} connection  that was lost, or could not be made; nobody misses one that has stopped
   * @param {string} why
   */
  failed(connection, why) {
    this.#state.upSince.delete(connection);
    if (this.#state.faults.has(connection)) this.#state.faults.set(connection, why);
  }

  /**
   * Whether another of its connections is up since before a moment: the broker was there all the time.
   * @param {object} connection
   * @param {number} moment  as of performance.now
   */
  hasStayed(connection, moment) {
    return [...this.#state.upSince].some(([other, since]) => other !== connection && since < moment);
  }

  /**
   * Log that the broker is unavailable, and once more if it is back and refuses us, or we its certificate, unless that was logged already.
   * @param {string} what  the rest of the sentence, such as "lost"
   * @param {boolean} [isRefused]
   */
  reportUnavailable(what, isRefused = false) {
    if (this.#state.reported === 'refused' || (this.#state.reported === 'unavailable' && !isRefused)) return;
    if (this.#state.reported === 'nothing' && performance.now() - this.#state.begun < PATIENCE) return;
    this.#state.reported = isRefused ? 'refused' : 'unavailable';
    this.#state.log.warn(`broker ${this.shown} ${what}; trying again with growing delays`);
  }

  /** @param {import('./connection.js').Connection} connection  that has stopped for good */
  forget(connection) {
    this.#state.faults.delete(connection);
    this.#state.upSince.delete(connection);
  }
}

import { Rooms } from './rooms.js';

/**
 * What all connections share.
 * @typedef {object} State
 * @property {number} begun  ms, of performance.now()
 * @property {Map<object, string>} faults  why each of the connections is not up; empty of those that are
 * @property {Map<object, number>} upSince  since when each of them is up, ms of performance.now()
 * @property {WeakSet<object>} seen  the connections that were up, at some time
 * @property {number} reconnects  how often one of them was up again
 * @property {'nothing' | 'available' | 'unavailable'} reported  what was logged last
 * @property {4 | 5} version  of MQTT, as the broker took it last
 * @property {Rooms} rooms  in which connections receive large packets
 * @property {import('../support/log.js').Log} log  of the process
 */

/** ms after the start before an unavailable broker is reported. */
const PATIENCE = 1000;

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

  /** @param {object} connection  that has started */
  expect(connection) {
    if (!this.#state.faults.get(connection)) this.#state.faults.set(connection, 'it has not answered yet');
  }

  /**
   * @param {object} connection  that is up
   * @param {4 | 5} version  of MQTT
   */
  connected(connection, version) {
    this.version = version;
    const state = this.#state;
    if (state.seen.has(connection)) state.reconnects += 1;
    state.seen.add(connection);
    state.faults.set(connection, '');
    state.upSince.set(connection, performance.now());
    if (state.reported === 'available' || this.fault) return;
    state.reported = 'available';
    state.log.info(`connected to ${this.shown}, MQTT ${version === 5 ? '5' : '3.1.1'}`);
  }

  /**
   * @param {object} connection  that was lost, or could not be made; nobody misses one that has stopped
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
   * Log that the broker is unavailable, unless that was logged already.
   * @param {string} what  the rest of the sentence, such as "lost"
   */
  reportUnavailable(what) {
    if (this.#state.reported === 'unavailable') return;
    if (this.#state.reported === 'nothing' && performance.now() - this.#state.begun < PATIENCE) return;
    this.#state.reported = 'unavailable';
    this.#state.log.warn(`broker ${this.shown} ${what}; trying again with growing delays`);
  }

  /** @param {object} connection  that has stopped for good */
  forget(connection) {
    this.#state.faults.delete(connection);
    this.#state.upSince.delete(connection);
  }
}

import { PUBLISH_OVERHEAD } from './packets.js';
import { Rooms } from './rooms.js';

/** Bytes that may wait to be written on a connection for something to be published that may as well be lost. */
const MAX_UNWRITTEN = 1024 * 1024;
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
  #begun = performance.now();
  /** Why each of the connections is not up; empty of those that are. @type {Map<import('./connection.js').Connection, string>} */
  #faults = new Map();
  /** Since when each of them is up. @type {Map<object, number>} */
  #upSince = new Map();
  /** What was logged last. @type {'nothing' | 'available' | 'unavailable'} */
  #reported = 'nothing';

  /** Those that were up, at some time. @type {WeakSet<object>} */
  #seen = new WeakSet();

  /** How often one of them was up again. */
  reconnects = 0;
  /** Of MQTT, as the broker took it last: the next connection begins with it. @type {4 | 5} */
  version = 5;
  /** In which its connections receive large packets. */
  rooms = new Rooms();

  /**
   * @param {object} access  as `readBroker` returns it
   * @param {string} access.shown  the address as it may be logged
   * @param {import('mqtt').IClientOptions} access.options  for MQTT.js
   * @param {import('../support/log.js').Log} log
   * @param {string} [prefix]  of all topics and client ids: "site1/"
   */
  constructor({ shown, options }, log, prefix = '') {
    this.shown = shown;
    this.options = options;
    this.log = log;
    this.prefix = prefix;
  }

  /** Why the broker is unavailable; undefined if all connections are up. */
  get fault() {
    return [...this.#faults.values()].find((why) => why !== '');
  }

  /** Whether all connections are up. */
  get isUp() {
    return this.#faults.size > 0 && this.fault === undefined;
  }

  /**
   * Publish at QoS 0 on any connection that is up; nothing happens if none is, if the broker does not read what is
   * written, or if it accepts no packet of this size.
   * @param {string} topic  without the prefix
   * @param {string} payload
   */
  publishNow(topic, payload) {
    const bytes = Buffer.byteLength(payload) + Buffer.byteLength(this.prefix + topic) + PUBLISH_OVERHEAD;
    for (const { client, maxPacketBytes } of this.#faults.keys()) {
      if (!client || bytes > maxPacketBytes || client.stream.writableLength > MAX_UNWRITTEN) continue;
      client.publish(this.prefix + topic, payload);
      return;
    }
  }

  /** @param {import('./connection.js').Connection} connection  that has started */
  expect(connection) {
    if (!this.#faults.get(connection)) this.#faults.set(connection, 'it has not answered yet');
  }

  /**
   * @param {import('./connection.js').Connection} connection  that is up
   * @param {4 | 5} version  of MQTT
   */
  connected(connection, version) {
    this.version = version;
    if (this.#seen.has(connection)) this.reconnects += 1;
    this.#seen.add(connection);
    this.#faults.set(connection, '');
    this.#upSince.set(connection, performance.now());
    if (this.#reported === 'available' || this.fault) return;
    this.#reported = 'available';
    this.log.info(`connected to ${this.shown}, MQTT ${version === 5 ? '5' : '3.1.1'}`);
  }

  /**
   * @param {import('./connection.js').Connection} connection  that was lost, or could not be made; nobody misses one that has stopped
   * @param {string} why
   */
  failed(connection, why) {
    this.#upSince.delete(connection);
    if (this.#faults.has(connection)) this.#faults.set(connection, why);
  }

  /**
   * Whether another of its connections is up since before a moment: the broker was there all the time.
   * @param {object} connection
   * @param {number} moment  as of performance.now
   */
  hasStayed(connection, moment) {
    return [...this.#upSince].some(([other, since]) => other !== connection && since < moment);
  }

  /**
   * Log that the broker is unavailable, unless that was logged already.
   * @param {string} what  the rest of the sentence, such as "lost"
   */
  reportUnavailable(what) {
    if (this.#reported === 'unavailable') return;
    if (this.#reported === 'nothing' && performance.now() - this.#begun < PATIENCE) return;
    this.#reported = 'unavailable';
    this.log.warn(`broker ${this.shown} ${what}; trying again with growing delays`);
  }

  /** @param {import('./connection.js').Connection} connection  that has stopped for good */
  forget(connection) {
    this.#faults.delete(connection);
    this.#upSince.delete(connection);
  }
}

/** A broker that is not there within this many ms of the start is said to be away. */
const PATIENCE = 1000;

/**
 * The broker, to which there are several connections: how it is reached, and whether it is there. Says
 * once when it goes and once when it is back.
 */
export class Broker {
  #begun = performance.now();
  /** Those that are not there, with the reason. @type {Map<object, string>} */
  #missing = new Map();
  /** What was said last. @type {'nothing' | 'there' | 'away'} */
  #said = 'nothing';

  /**
   * @param {{shown: string, options: import('mqtt').IClientOptions}} reached  its address as it may be
   *   logged, and what MQTT.js is told of it
   * @param {import('../support/log.js').Log} log
   * @param {string} [prefix]  of all topics and client ids: "site1/"
   */
  constructor({ shown, options }, log, prefix = '') {
    this.shown = shown;
    this.options = options;
    this.log = log;
    this.prefix = prefix;
  }

  /** Why it is not there, or undefined if it is. */
  get fault() {
    return this.#missing.values().next().value;
  }

  /** @param {object} connection  that is to be there from now on */
  expect(connection) {
    if (!this.#missing.has(connection)) this.#missing.set(connection, 'it has not answered yet');
  }

  /**
   * @param {object} connection  that is there
   * @param {string} version  of MQTT
   */
  isUp(connection, version) {
    this.#missing.delete(connection);
    if (this.#said === 'there' || this.#missing.size > 0) return;
    this.#said = 'there';
    this.log.info(`connected to ${this.shown}, MQTT ${version}`);
  }

  /**
   * @param {object} connection  that ended, or did not come about
   * @param {string} why
   */
  isDown(connection, why) {
    this.#missing.set(connection, why);
  }

  /** @param {string} what  that it is "lost", for instance */
  say(what) {
    if (this.#said === 'away' || (this.#said === 'nothing' && performance.now() - this.#begun < PATIENCE)) return;
    this.#said = 'away';
    this.log.warn(`broker ${this.shown} ${what}; trying again with growing delays`);
  }

  /** @param {object} connection  that is not to be there any more */
  forget(connection) {
    this.#missing.delete(connection);
  }
}

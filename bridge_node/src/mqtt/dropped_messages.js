import { randomBytes } from 'node:crypto';

import { createLog } from '../support/log.js';
import { Seldom } from '../support/seldom.js';
import { BrokerLink } from './broker_link.js';
import { Connection } from './connection.js';

/** Where mosquitto, and brokers that do as it does, say how many messages they have dropped since their start. */
const TOPIC = '$SYS/broker/publish/messages/dropped';
/** ms that a connection has to last, and how many in a row may not, until it is clear that the broker wants none. */
const MIN_LASTING = 5000;
const MAX_BRIEF = 3;
/** ms after the last of them for which they are a trouble. */
const MAX_AGE = 60_000;
const REMEDY =
  'what such a client has missed is lost. Set max_queued_messages of mosquitto.conf higher (1000 is its default), and max_queued_bytes';

/**
 * Warns when the broker drops messages of clients whose queue is full. It says so to everyone, and not whose they were.
 *
 * The connection is one of its own, and reports nothing: a broker that has no such topic, or does not let us read it,
 * keeps nothing else from working.
 */
export class DroppedMessages {
  #broker;
  #connection;
  #dropped;
  #clock;
  /** What the broker said last. */
  #latest = NaN;
  /** To be said. */
  #count = 0;
  #isFirst = false;
  /** Those of which a person has to know, and when the broker reported the last of them. */
  #recent = { count: 0, at: -Infinity };
  #seldom = new Seldom(() => this.#say());

  /**
   * @param {BrokerLink} broker
   * @param {(count: number) => void} dropped  called with the number of those that were dropped since the call before;
   *   the first time since the broker was started
   * @param {() => number} [clock]  ms of a steady clock
   */
  constructor(broker, dropped, clock = () => performance.now()) {
    this.#clock = clock;
    this.#broker = broker;
    this.#dropped = dropped;
    const quiet = new BrokerLink(broker, createLog('silent', 'bridge'));
    const clientId = `${broker.prefix}tickwire-dropped-${randomBytes(6).toString('hex')}`;
    this.#connection = new Connection(quiet, { clientId, clean: true });
    let upAt = 0;
    let brief = 0;
    this.#connection.on('up', (/** @type {import('mqtt').MqttClient} */ client) => {
      upAt = performance.now();
      client.on('message', (_topic, payload) => this.#hear(Number(payload)));
      client.subscribe(TOPIC, { qos: 0 }, () => {}); // it may be refused
    });
    this.#connection.on('down', () => {
      brief = performance.now() - upAt < MIN_LASTING ? brief + 1 : 0;
      if (brief === MAX_BRIEF) this.#connection.retire();
    });
  }

  /** What a person has to know, as a sentence; empty if nothing was dropped while we listened, for a minute. */
  get trouble() {
    const { count, at } = this.#recent;
    if (count === 0 || this.#clock() - at > MAX_AGE) return '';
    return `it has dropped ${count} messages of clients whose queues were full, some within the last minute`;
  }

  start() {
    this.#connection.start();
  }

  stop() {
    this.#seldom.stop();
    return this.#connection.stop();
  }

  /** @param {number} total  since the broker was started */
  #hear(total) {
    if (!Number.isSafeInteger(total) || total < 0) return;
    const isOld = Number.isNaN(this.#latest); // it may have been long ago
    if (isOld) this.#isFirst = total > 0;
    // a smaller number is of a broker that was started again
    const count = total >= this.#latest ? total - this.#latest : total;
    this.#latest = total;
    if (count === 0) return;
    if (!isOld) this.#recent = { count: (this.trouble ? this.#recent.count : 0) + count, at: this.#clock() };
    this.#count += count;
    this.#dropped(count);
    this.#seldom.due();
  }

  #say() {
    const { shown, log } = this.#broker;
    const since = this.#isFirst ? ' since it was started' : '';
    log.warn(
      { dropped: this.#count },
      `the broker ${shown} has dropped messages of clients, perhaps of this one, whose queues were full${since}: ${REMEDY}`,
    );
    this.#count = 0;
    this.#isFirst = false;
  }
}

import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import mqtt from 'mqtt';

import { Backoff } from '../support/backoff.js';
import { brokerReason, isRefusal } from './broker_error.js';
import { over, overTcp, Wire } from './wire.js';

/** CONNACK: unacceptable (3.1.1) or unsupported (5) protocol version. */
const REFUSED_VERSION = [1, 132];
/** A connection that lasted this long, in ms, starts the delays anew; a flapping one does not. */
const LASTING = 5000;
/** So many brief connections in a row are worth a word. */
const FLAPS = 3;
/** ms that the broker is given to confirm what is under way when we leave. */
const FAREWELL = 1000;

/**
 * Keeps a connection to the broker: MQTT 5 where it is offered, else 3.1.1; after a loss a new
 * client object (an old one would send what it holds out of order), with growing delays.
 *
 * Emits `up` (client, connack), before anything that comes behind the CONNACK, and `down`.
 */
export class Connection extends EventEmitter {
  #broker;
  #options;
  #attach;
  #backoff = new Backoff();
  /** @type {4 | 5} */
  #version = 5;
  /** @type {import('mqtt').MqttClient | undefined} */
  #attempt;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #brief = 0;
  /** Why we ended the present connection ourselves. */
  #renewedFor = '';
  #isLast = false;

  /**
   * @param {import('./broker.js').Broker} broker
   * @param {import('mqtt').IClientOptions} options  `properties` are for version 5 only
   * @param {(client: import('mqtt').MqttClient, wire: Wire) => import('./wire.js').Taker} [attach]
   *   called on every new connection, after `up`: returns who takes packets past MQTT.js
   */
  constructor(broker, options, attach) {
    super();
    this.#broker = broker;
    this.#options = options;
    this.#attach = attach;
  }

  /** @returns {import('mqtt').MqttClient | undefined} the client, while it is connected */
  get client() {
    return this.#attempt?.connected ? this.#attempt : undefined;
  }

  start() {
    this.#broker.expect(this);
    const { properties, ...options } = this.#options;
    const client = mqtt.connect({
      keepalive: 30,
      connectTimeout: 10_000,
      ...this.#broker.options,
      ...options,
      reconnectPeriod: 0,
      protocolVersion: this.#version,
      ...(this.#version === 5 ? { properties } : {}),
      manualConnect: true,
    });
    this.#attempt = client;
    this.#renewedFor = '';
    putWireBefore(client);
    judgeBySilence(client);
    let why = '';
    let isRefused = false;
    let otherVersionWanted = false;
    let upSince = Infinity;
    client.on('error', (error) => {
      why ||= brokerReason(error, this.#broker, upSince !== Infinity);
      isRefused ||= isRefusal(error);
      otherVersionWanted ||= REFUSED_VERSION.includes(Number(/** @type {{code?: unknown}} */ (error).code));
    });
    client.on('connect', (connack) => {
      upSince = performance.now();
      this.#broker.isUp(this, this.#version === 5 ? '5' : '3.1.1');
      this.emit('up', client, connack);
      const wire = /** @type {Wire} */ (client.stream);
      wire.begin(this.#attach?.(client, wire));
    });
    client.once('close', () => {
      const wasUp = upSince !== Infinity;
      const isRenewed = this.#renewedFor !== '';
      this.#broker.isDown(this, this.#renewedFor || why || 'it closed the connection');
      if (wasUp) this.emit('down');
      if (this.#isLast) return;
      if (performance.now() - upSince > LASTING) {
        this.#backoff.reset();
        this.#brief = 0;
      } else if (wasUp && ++this.#brief === FLAPS) {
        this.#broker.log.warn(
          `broker ${this.#broker.shown} has ended ${FLAPS} connections of ${options.clientId} soon after they were made (${why || 'it gives no reason'})`,
        );
      }
      // Some brokers close the connection instead of refusing the version.
      const otherVersion = !wasUp && (otherVersionWanted || why === '');
      if (otherVersion) this.#version = this.#version === 5 ? 4 : 5;
      const fallBack = otherVersion && this.#version === 4;
      client.end(true);
      this.#timer = setTimeout(
        () => {
          // not before now: a bridge that is told to end together with its broker hears of that meanwhile
          const what = wasUp ? 'lost' : isRefused ? 'refuses the connection' : 'is away';
          if (!fallBack && !isRenewed) this.#broker.say(`${what} (${why || 'it closed the connection'})`);
          this.start();
        },
        fallBack ? 0 : this.#backoff.next(),
      );
    });
    client.connect();
  }

  /**
   * Give up the present connection and make another.
   * @param {string} why
   */
  renew(why) {
    if (this.#renewedFor) return; // what the same read has brought behind the reason
    if (!this.#isLast) this.#broker.log.error(why);
    this.#renewedFor = why;
    this.#attempt?.stream.destroy();
  }

  /** Make no other connection, and say nothing when this one ends: we are about to leave. */
  retire() {
    this.#isLast = true;
    clearTimeout(this.#timer);
  }

  /** Disconnect and stay so. */
  async stop() {
    this.retire();
    this.#broker.forget(this);
    const client = this.#attempt;
    if (client?.connected) {
      const closed = new Promise((resolve) => client.once('close', () => resolve(undefined)));
      // its callback never comes where the broker goes away meanwhile
      client.end();
      await Promise.race([closed, sleep(FAREWELL, undefined, { ref: false })]);
    }
    client?.end(true);
    // one that was asked to leave already does not heed a second word
    client?.stream.destroy();
  }
}

/**
 * Have a client read and write through a Wire. MQTT.js has no public way to add to the streams that
 * it builds (TLS, WebSocket): package.json pins its version, and test/wire.test.js notices.
 * @param {any} client  that has not connected yet
 */
function putWireBefore(client) {
  const build = client.streamBuilder;
  client.streamBuilder = () => {
    const { protocol, host, port = 1883, socksProxy } = client.options;
    return new Wire(protocol === 'mqtt' && !socksProxy ? overTcp({ host, port }) : over(build(client)));
  };
}

/**
 * Have a client give its broker up only if that is silent. The answer to a ping lies behind all the
 * quotes that we have not read yet: while the algorithm is slow, it comes late or not at all.
 * @param {import('mqtt').MqttClient} client
 */
function judgeBySilence(client) {
  const giveUp = client.onKeepaliveTimeout;
  client.onKeepaliveTimeout = () => {
    const wire = /** @type {Wire} */ (client.stream);
    if (wire.isSilent((client.keepalive * 1000) / 2)) {
      giveUp.call(client);
    } else {
      client.sendPing(); // the broker expects a sign of life, too
      client.reschedulePing(true);
    }
  };
}

import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import mqtt, { ReasonCodes } from 'mqtt';

import { Backoff } from '../support/backoff.js';
import { brokerReason, closedReason, isClosed, isMistrust, isRefusal } from './broker_error.js';
import { over, overTcp, PacketStream } from './packet_stream.js';
import { Takeovers } from './takeovers.js';

/** CONNACK: unacceptable (3.1.1) or unsupported (5) protocol version. */
const REFUSED_VERSION = [1, 132];
/** [MQTT5-3.14.2.1] DISCONNECT: another client has connected with our client id. */
const SESSION_TAKEN_OVER = 0x8e;
/** ms that a connection has to last for the delays to start again at the shortest. */
const MIN_LASTING = 5000;
/** The number of brief connections in a row that is logged. */
const FLAPS = 3;
/** A bridge's connections then end one another. */
const NO_REASON =
  'it gives no reason, as where a user has one connection: at a broker with roles, a bridge connects at port 8885';
/** ms that the broker has to confirm what is in flight when we disconnect. */
const MAX_FAREWELL = 1000;

/**
 * Returns the handler of the packets of a new connection. The Connection calls it once per connection,
 * after its listeners of `up` and before any packet behind the CONNACK is handled.
 * @typedef {(client: import('mqtt').MqttClient, stream: PacketStream) => import('./packet_stream.js').PacketHandler} Attach
 */

/**
 * Called when another client has taken the client id of a connection.
 * @typedef {(sentence: string, isTooOften: boolean) => void} Taken  `isTooOften` if whoever uses the connection should
 *   stop it: the two would disconnect one another for ever
 */

/**
 * Keeps a connection to the broker: MQTT 5 where the broker offers it, else 3.1.1. After a loss it makes a
 * new client object (the old one would send what it holds out of order), with growing delays.
 *
 * Emits `up` (client, connack) on each connection, before any packet behind the CONNACK is handled, `refused` when the
 * broker refuses one, or we its certificate, `unreachable` when nothing answers at its address, `down` when a connection
 * that was up has ended, and after it `taken` (as Taken) if another client has taken its client id.
 */
export class Connection extends EventEmitter {
  #broker;
  #options;
  #attach;
  #backoff = new Backoff();
  #takeovers;
  /** When the latest connection that was up has ended, if no attempt was made since. */
  #endedAt = NaN;
  /** Of MQTT; 4 is 3.1.1. @type {4 | 5} */
  #version;
  /** @type {import('mqtt').MqttClient | undefined} */
  #attempt;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** Brief connections in a row. */
  #brief = 0;
  /** Why we ended the present connection ourselves. */
  #renewedFor = '';
  #isLast = false;

  /** Bytes of a packet that the broker accepts (MQTT 5, Maximum Packet Size). */
  maxPacketBytes = Infinity;

  /**
   * @param {import('./broker_link.js').BrokerLink} broker
   * @param {import('mqtt').IClientOptions} options  `properties` are for version 5 only
   * @param {Attach} [attach]  if absent, MQTT.js handles all packets
   */
  constructor(broker, options, attach) {
    super();
    this.#broker = broker;
    this.#version = broker.version;
    this.#options = options;
    this.#attach = attach;
    this.#takeovers = new Takeovers(String(options.clientId), broker.shown);
  }

  /** That another client takes its client id again and again, as a sentence; empty if that is not so at present. */
  get taken() {
    return this.#takeovers.fault;
  }

  /** @returns {import('mqtt').MqttClient | undefined} the client, while it is connected */
  get client() {
    return this.#attempt?.connected ? this.#attempt : undefined;
  }

  /** Whether it makes no other connection. */
  get isLast() {
    return this.#isLast;
  }

  start() {
    this.#broker.expect(this);
    const { properties, ...options } = this.#options;
    const client = mqtt.connect({
      keepalive: 30,
      // a cache of 65,536 numbers as bytes: packets.js writes what passes by the thousand
      writeCache: false,
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
    useStream(client, this.#broker.rooms);
    loseOnlyIfSilent(client);
    let why = '';
    let isTold = false;
    let hasReason = false;
    let isRefused = false;
    let isMistrusted = false;
    let otherVersionWanted = false;
    let upSince = Infinity;
    const endedAt = this.#endedAt;
    this.#endedAt = NaN;
    client.on('disconnect', ({ reasonCode = 0 }) => {
      isTold = reasonCode === SESSION_TAKEN_OVER;
      hasReason = true;
      why ||= /** @type {Record<number, string>} */ (ReasonCodes)[reasonCode] ?? `reason ${reasonCode}`;
    });
    client.on('error', (error) => {
      hasReason ||= !isClosed(error);
      why ||= brokerReason(error, this.#broker, upSince !== Infinity);
      isRefused ||= isRefusal(error);
      isMistrusted ||= isMistrust(error);
      otherVersionWanted ||= REFUSED_VERSION.includes(Number(/** @type {{code?: unknown}} */ (error).code));
    });
    client.on('connect', (connack) => {
      upSince = performance.now();
      this.maxPacketBytes = connack.properties?.maximumPacketSize ?? Infinity;
      this.#takeovers.attempted(this.#broker.hasStayed(this, endedAt));
      this.#broker.connected(this, this.#version);
      this.emit('up', client, connack);
      const stream = /** @type {PacketStream} */ (client.stream);
      stream.begin(this.#attach?.(client, stream));
    });
    client.once('close', () => {
      const wasUp = upSince !== Infinity;
      const isRenewed = this.#renewedFor !== '';
      const lasted = performance.now() - upSince;
      const isTaken = wasUp && this.#takeovers.ended({ isTold, hasReason: hasReason || isRenewed, lasted });
      const because = why || closedReason(this.#broker, wasUp);
      const fault = (isTaken && this.#takeovers.sentence) || this.#renewedFor || because;
      this.#broker.failed(this, fault);
      // a port that is forwarded, as to a container, is closed without a reason until somebody listens there
      if (!wasUp && hasReason && !otherVersionWanted) {
        this.emit(isRefused || isMistrusted ? 'refused' : 'unreachable');
      }
      if (wasUp) {
        this.#endedAt = performance.now();
        this.emit('down');
      }
      if (this.#isLast) return;
      if (isTaken) {
        client.end(true);
        this.#giveWay();
        return;
      }
      if (lasted > MIN_LASTING) {
        this.#backoff.reset();
        this.#brief = 0;
      } else if (wasUp && ++this.#brief === FLAPS) {
        this.#broker.log.warn(
          `broker ${this.#broker.shown} has ended ${FLAPS} connections of ${options.clientId} soon after they were made (${why || NO_REASON})`,
        );
      }
      // Some brokers close the connection instead of refusing the version.
      const otherVersion = !wasUp && (otherVersionWanted || why === '');
      if (otherVersion) this.#version = this.#version === 5 ? 4 : 5;
      const fallBack = otherVersion && this.#version === 4;
      client.end(true);
      this.#timer = setTimeout(
        () => {
          // not before now: a process that is stopped together with its broker has received its signal meanwhile
          const what = wasUp ? 'lost' : isRefused ? 'refuses the connection' : 'is unavailable';
          if (!fallBack && !isRenewed)
            this.#broker.reportUnavailable(`${what} (${because})`, (isRefused || isMistrusted) && !wasUp);
          this.start();
        },
        fallBack ? 0 : this.#backoff.next(),
      );
    });
    client.connect();
  }

  /** Connect again later than after other losses: another client has taken the client id. */
  #giveWay() {
    const { sentence, delay, isTooMany } = this.#takeovers;
    const next = isTooMany ? '' : `; trying again in ${delay / 1000} s`;
    this.#broker.log.warn(`${sentence}${next}. A client id serves one client: end the other one`);
    this.#timer = setTimeout(() => this.start(), delay);
    this.emit('taken', sentence, isTooMany);
  }

  /**
   * End the present connection and make another.
   * @param {string} why
   */
  renew(why) {
    if (this.#renewedFor) return; // the same read may bring another reason
    if (!this.#isLast) this.#broker.log.error(why);
    this.#renewedFor = why;
    this.#attempt?.stream.destroy();
  }

  /**
   * Start, for a command that a person waits for.
   * @param {number} patience  in ms
   * @param {boolean} [isAwaited]  whether a broker that cannot be reached may come meanwhile
   * @returns {Promise<boolean>} whether it is up in time; false at once if the broker refuses us, or we its certificate
   */
  async open(patience, isAwaited = true) {
    const settled = new AbortController();
    const { signal } = settled;
    const up = once(this, 'up', { signal }).then(() => true);
    const failures = ['refused', ...(isAwaited ? [] : ['unreachable'])];
    const failed = failures.map((event) => once(this, event, { signal }).then(() => false));
    this.start();
    try {
      return await Promise.race([up, ...failed, sleep(patience, false, { ref: false })]);
    } finally {
      for (const each of [up, ...failed]) each.catch(() => {}); // of the signal
      settled.abort();
    }
  }

  /** Make no other connection, and log nothing when this one ends: we are about to disconnect. */
  retire() {
    this.#isLast = true;
    clearTimeout(this.#timer);
  }

  /** Disconnect for good. */
  async stop() {
    this.retire();
    this.#broker.forget(this);
    const client = this.#attempt;
    if (client?.connected) {
      const closed = new Promise((resolve) => client.once('close', () => resolve(undefined)));
      // its callback never comes if the connection is lost meanwhile
      client.end();
      await Promise.race([closed, sleep(MAX_FAREWELL, undefined, { ref: false })]);
    }
    client?.end(true);
    // a client that is disconnecting already ignores a second `end`
    client?.stream.destroy();
  }
}

/**
 * Have a client read and write through a PacketStream. MQTT.js has no public way to add to the streams that
 * it builds (TLS, WebSocket): package.json pins its version, and test/packet_stream.test.js fails if another
 * one differs.
 * @param {any} client  that has not connected yet
 * @param {import('./rooms.js').Rooms} rooms
 */
function useStream(client, rooms) {
  const build = client.streamBuilder;
  client.streamBuilder = () => {
    const { protocol, host, port = 1883, socksProxy } = client.options;
    const open = protocol === 'mqtt' && !socksProxy ? overTcp({ host, port }) : over(build(client));
    return new PacketStream(open, rooms);
  };
}

/**
 * Have a client take its broker for lost only if the broker is silent. The answer to a ping lies behind all
 * the messages that we have not read yet: while reading is paused, it comes late or not at all.
 * @param {import('mqtt').MqttClient} client
 */
function loseOnlyIfSilent(client) {
  const lose = client.onKeepaliveTimeout;
  client.onKeepaliveTimeout = () => {
    const stream = /** @type {PacketStream} */ (client.stream);
    if (stream.isSilent((client.keepalive * 1000) / 2)) {
      lose.call(client);
    } else {
      client.sendPing(); // the broker expects a sign of life, as well
      client.reschedulePing(true);
    }
  };
}

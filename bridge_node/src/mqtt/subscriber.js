import { Acknowledger } from './acknowledger.js';
import { Connection } from './connection.js';
import { Deferred } from '../support/deferred.js';
import { reason } from '../support/errors.js';
import { LineLimit } from '../support/line_limit.js';
import { Message } from './message.js';
import { isLarge, PUBLISH, readPublish } from './packets.js';
import { overlap } from '../support/topic_filter.js';

/** Messages that may be unacknowledged; sent to an MQTT 5 broker as Receive Maximum. */
const MAX_UNACKNOWLEDGED = 1000;
/** Bytes of payloads that may wait; decoded they take several times as much memory. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Seconds after which the broker may drop the session of a subscriber that does not come back. */
const SESSION_EXPIRY = 24 * 3600;
/** Topics that are remembered as wanted or not. */
const MAX_KNOWN_TOPICS = 10_000;

/**
 * What a Subscriber calls, synchronously, as packets arrive. On each connection: `resumed`, if the broker has
 * kept the session, then `receive` once per message, in the broker's order, and `taken` where it ends because another
 * client has taken the session. None may throw.
 * @typedef {object} Handlers
 * @property {(message: Message) => void} receive  not called for retained messages, nor for topics on no
 *   channel. It, or a later caller, calls `message.acknowledge()` once the message is processed. The payload of a
 *   large one is all there during this call only
 * @property {() => void} resumed  the broker will send again every message that was not acknowledged: whoever
 *   has such messages calls `message.drop()`
 * @property {import('./connection.js').Taken} taken
 */

/**
 * Receives messages in a persistent session at QoS 1; each is acknowledged when its receiver does so.
 * Reading stops while more than MAX_UNACKNOWLEDGED wait (one read may exceed it), so that the broker queues
 * them, not this process.
 */
export class Subscriber {
  #connection;
  #broker;
  #receive;
  #share;
  /** @type {string[]} */
  #channels = [];
  /** The topics that arrived, without the prefix; null if they are on no channel. @type {Map<string, string | null>} */
  #known = new Map();
  /** Of the present connection. @type {import('./packet_stream.js').PacketStream | undefined} */
  #stream;
  #isFull = false;
  #isShareFull = false;
  #isPaused = false;
  #isStopped = false;
  /** Whether the broker has to have the session: it had it before. */
  #isContinued = false;
  /** How many retained messages were dropped. */
  #retained = 0;
  #lines = { unwanted: new LineLimit(), retained: new LineLimit() };

  /** Whether the broker has confirmed the subscriptions on the present connection. */
  ready = false;
  /**
   * Resolves when the broker has confirmed or refused a subscription for the first time. What waited in the
   * session was received before: the broker sends it when it accepts the connection.
   */
  answered = new Deferred();

  /**
   * @param {import('./broker_link.js').BrokerLink} broker
   * @param {string} name  the same at every start, so that the broker finds the session
   * @param {Handlers} handlers
   * @param {import('../support/memory_budget.js').Share} share  which holds its messages
   */
  constructor(broker, name, { receive, resumed, taken }, share) {
    this.#broker = broker;
    this.#share = share;
    this.#receive = receive;
    const clientId = broker.prefix + name;
    const properties = { receiveMaximum: MAX_UNACKNOWLEDGED, sessionExpiryInterval: SESSION_EXPIRY };
    this.#connection = new Connection(broker, { clientId, clean: false, properties }, (client, stream) =>
      this.#attach(client, stream),
    );
    this.#connection.on('up', (client, connack) => {
      if (connack.sessionPresent) resumed();
      else if (this.#isContinued) {
        broker.log.warn(
          `the broker has not kept the session ${clientId}: what came while it was not connected is lost`,
        );
      }
      this.#isContinued = true;
      this.#subscribe(client, this.#channels);
    });
    this.#connection.on('down', () => {
      this.ready = false;
      this.#stream = undefined;
    });
    this.#connection.on('taken', taken);
  }

  /** That another client takes the session again and again, as a sentence; empty if that is not so at present. */
  get taken() {
    return this.#connection.taken;
  }

  /**
   * @param {string[]} channels  MQTT topic filters, without the prefix
   * @param {boolean} [isContinued]  whether an earlier start has made the session
   */
  start(channels, isContinued = false) {
    this.#channels = channels;
    this.#isContinued = isContinued;
    this.#connection.start();
  }

  /**
   * Subscribe to other channels from now on.
   * @param {string[]} channels
   */
  change(channels) {
    const gone = this.#channels.filter((channel) => !channels.includes(channel));
    const added = channels.filter((channel) => !this.#channels.includes(channel));
    this.#channels = channels;
    this.#known.clear();
    const client = this.#connection.client;
    if (!client) return;
    // in this order: a filter that goes and one that comes may both match a topic, which is never without one of them
    if (added.length > 0) this.#subscribe(client, added);
    if (gone.length > 0) client.unsubscribe(gone.map((channel) => this.#broker.prefix + channel));
  }

  /**
   * Set how much waits to be processed: reading stops while it is too much.
   * @param {number} messages
   * @param {number} bytes  of their payloads
   */
  setWaiting(messages, bytes) {
    const isFull = messages > MAX_UNACKNOWLEDGED || bytes > MAX_WAITING_BYTES;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#pauseOrResume();
  }

  /** @param {boolean} isFull  whether the share that holds the messages is full: reading stops */
  setShareFull(isFull) {
    this.#isShareFull = isFull;
    this.#pauseOrResume();
  }

  /**
   * Pause the reading, so that messages gather in the operating system and are read together later.
   * @param {boolean} isPaused
   */
  setPaused(isPaused) {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#pauseOrResume();
  }

  #pauseOrResume() {
    const isWaiting = this.#isFull || this.#isShareFull || this.#isPaused;
    if (isWaiting && !this.#isStopped) this.#stream?.pauseReading();
    else this.#stream?.resumeReading();
  }

  /** Make no other connection, and log nothing when this one ends. */
  retire() {
    this.#connection.retire();
  }

  async stop() {
    this.ready = false;
    await Promise.resolve(); // the Acknowledger writes what is due in a microtask, which is now done
    // messages that are read from now on are ignored, but the end of the connection lies behind them
    this.#receive = () => {};
    this.#isStopped = true;
    this.#pauseOrResume();
    await this.#connection.stop();
  }

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {string[]} channels
   */
  #subscribe(client, channels) {
    this.ready = false;
    const { log, prefix } = this.#broker;
    const filters = channels.map((channel) => prefix + channel);
    for (const channel of channels) {
      log.info(prefix ? { channel, topic: prefix + channel } : { channel }, 'subscribing to channel');
    }
    client.subscribe(filters, { qos: 1 }, (error, granted) => {
      // MQTT.js reports a refusal by the broker (SUBACK 128 and above) as an error, or in granted
      const refused = (granted ?? []).filter(({ qos }) => qos >= 128).map(({ topic }) => topic);
      if (client.connected) this.answered.resolve();
      if (!error && refused.length === 0) this.ready = true;
      else if (client.connected) {
        const what = refused.length > 0 ? refused : filters;
        this.#connection.renew(`the broker refuses to subscribe to ${what.join(', ')}: ${reason(error ?? 'refused')}`);
      }
    });
  }

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {import('./packet_stream.js').PacketStream} stream
   * @returns {import('./packet_stream.js').PacketHandler}
   */
  #attach(client, stream) {
    const acknowledger = new Acknowledger(client);
    const hasProperties = client.options.protocolVersion === 5;
    this.#stream = stream;
    this.#pauseOrResume();
    return {
      handle: (bytes, first, frame) => {
        if (first >> 4 !== PUBLISH) return false;
        const publish = readPublish(bytes, first, frame, hasProperties);
        const { topic, payload, qos, retain, isRepeat, packetId, published } = publish;
        const channel = retain ? null : this.#channelOf(topic);
        const message = new Message(
          channel ?? topic,
          payload,
          packetId,
          stream.heard,
          this.#share,
          qos === 0 ? undefined : acknowledger,
          published,
          isRepeat,
        );
        if (retain) this.#dropRetained(message);
        else if (channel !== null) this.#receive(message);
        else message.acknowledge();
        if (isLarge(frame)) message.abridge();
        return true;
      },
    };
  }

  /** @param {string} channel */
  wants(channel) {
    return this.#channels.some((wanted) => overlap(wanted, channel));
  }

  /**
   * A persistent session may hold subscriptions, and messages, of the channels of an earlier run.
   * @param {string} topic
   * @returns {string | null} the topic without the prefix, if it is on one of the channels
   */
  #channelOf(topic) {
    let channel = this.#known.get(topic);
    if (channel === undefined) {
      const { log, prefix } = this.#broker;
      const rest = topic.slice(prefix.length);
      channel = topic.startsWith(prefix) && this.wants(rest) ? rest : null;
      if (this.#known.size >= MAX_KNOWN_TOPICS) this.#known.clear();
      this.#known.set(topic, channel);
      if (channel === null) {
        const level = this.#lines.unwanted.next();
        log[level]({ topic }, 'dropped: the topic is on no channel of this algorithm; an earlier run subscribed to it');
        // ends the subscription, unless it is one with wildcards
        this.#connection.client?.unsubscribe(topic);
      }
    }
    return channel;
  }

  /** @param {Message} message */
  #dropRetained(message) {
    this.#retained += 1;
    this.#broker.log[this.#lines.retained.next()](
      { topic: message.topic, dropped: this.#retained },
      'dropped: a retained message is not a new one',
    );
    message.acknowledge();
  }
}

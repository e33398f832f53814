import { Acknowledger } from './acknowledger.js';
import { Connection } from './connection.js';
import { reason } from '../support/errors.js';
import { PUBLISH, readPublish } from './packets.js';
import { overlap } from '../support/topic_filter.js';

/** How many quotes may stand unacknowledged; the broker is told so where it speaks MQTT 5. */
const MOST_HELD = 1000;
/** How many bytes may wait; as quotes they take several times as much. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Seconds after which the broker may forget a bridge that was taken away. */
const SESSION_EXPIRY = 24 * 3600;
/** How many topics are remembered as wanted or not. */
const TOPICS_REMEMBERED = 10_000;

/** A message as it came; its topic is without the prefix. */
export class Message {
  isDone = false;
  #acknowledger;

  /**
   * @param {string} topic
   * @param {Buffer} payload
   * @param {number} packetId
   * @param {Acknowledger} [acknowledger]  none at QoS 0: the broker will not send it again
   */
  constructor(topic, payload, packetId, acknowledger) {
    this.topic = topic;
    this.payload = payload;
    this.packetId = packetId;
    this.#acknowledger = acknowledger;
    acknowledger?.hold(this);
  }

  /** Whether the broker sends it again if it is not acknowledged. */
  get comesAgain() {
    return this.#acknowledger !== undefined;
  }

  /** Tell the broker that it is done with. */
  acknowledge() {
    this.#acknowledger?.release(this);
  }
}

/**
 * Receives quotes in a persistent session at QoS 1 and acknowledges each when its receiver says so.
 * Reads no further while more than MOST_HELD wait (what one read brought is taken whole), so that the
 * broker queues, not this process.
 */
export class Subscriber {
  #connection;
  #broker;
  #receive;
  /** @type {string[]} */
  #channels = [];
  /** What the topics that came are as channels; null if they are on none. @type {Map<string, string | null>} */
  #known = new Map();
  /** @type {import('./wire.js').Wire | undefined} */
  #wire;
  #isFull = false;
  #isResting = false;
  #retained = 0;

  /** Whether the broker has confirmed the subscriptions on the present connection. */
  ready = false;

  /**
   * @param {import('./broker.js').Broker} broker
   * @param {string} name  stable, so that the broker knows the session again
   * @param {object} handlers
   * @param {(message: Message) => void} handlers.receive
   * @param {() => void} handlers.resumed  the broker has kept the session: it sends again whatever
   *   was not acknowledged
   */
  constructor(broker, name, { receive, resumed }) {
    this.#broker = broker;
    this.#receive = receive;
    const clientId = broker.prefix + name;
    const properties = { receiveMaximum: MOST_HELD, sessionExpiryInterval: SESSION_EXPIRY };
    this.#connection = new Connection(broker, { clientId, clean: false, properties }, (client, wire) =>
      this.#taker(client, wire),
    );
    this.#connection.on('up', (client, connack) => {
      if (connack.sessionPresent) resumed();
      this.#subscribe(client, this.#channels);
    });
    this.#connection.on('down', () => {
      this.ready = false;
      this.#wire = undefined;
    });
  }

  /** @param {string[]} channels  MQTT topic filters, without the prefix */
  start(channels) {
    this.#channels = channels;
    this.#connection.start();
  }

  /**
   * Want other channels from now on.
   * @param {string[]} channels
   */
  change(channels) {
    const gone = this.#channels.filter((channel) => !channels.includes(channel));
    const added = channels.filter((channel) => !this.#channels.includes(channel));
    this.#channels = channels;
    this.#known.clear();
    const client = this.#connection.client;
    if (!client) return;
    if (gone.length > 0) client.unsubscribe(gone.map((channel) => this.#broker.prefix + channel));
    if (added.length > 0) this.#subscribe(client, added);
  }

  /**
   * Say how much waits to be decided: too much stops the reading, less lets it go on.
   * @param {number} messages
   * @param {number} bytes  of their payloads
   */
  setWaiting(messages, bytes) {
    const isFull = messages > MOST_HELD || bytes > MOST_BYTES;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#holdOrRelease();
  }

  /**
   * Let what comes gather in the system, to be read in one go: no more can be done with it now.
   * @param {boolean} isResting
   */
  rest(isResting) {
    if (isResting === this.#isResting) return;
    this.#isResting = isResting;
    this.#holdOrRelease();
  }

  #holdOrRelease() {
    if (this.#isFull || this.#isResting) this.#wire?.hold();
    else this.#wire?.release();
  }

  /** Make no other connection, and say nothing when this one ends. */
  retire() {
    this.#connection.retire();
  }

  async stop() {
    this.ready = false;
    await Promise.resolve(); // the Acknowledger writes what is due in a microtask, which is now done
    // what is read from now on is not decided, but the broker's farewell lies behind it
    this.#receive = () => {};
    this.#isFull = this.#isResting = false;
    this.#holdOrRelease();
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
      if (!error && refused.length === 0) this.ready = true;
      else if (client.connected) {
        const what = refused.length > 0 ? refused : filters;
        this.#connection.renew(`the broker refuses to subscribe to ${what.join(', ')}: ${reason(error ?? 'refused')}`);
      }
    });
  }

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {import('./wire.js').Wire} wire
   * @returns {import('./wire.js').Taker}
   */
  #taker(client, wire) {
    const acknowledger = new Acknowledger(client);
    const hasProperties = client.options.protocolVersion === 5;
    this.#wire = wire;
    this.#holdOrRelease();
    return {
      take: (bytes, first, frame) => {
        if (first >> 4 !== PUBLISH) return false;
        const { topic, payload, qos, retain, packetId } = readPublish(bytes, first, frame, hasProperties);
        const channel = retain ? null : this.#channelOf(topic);
        const message = new Message(channel ?? topic, payload, packetId, qos === 0 ? undefined : acknowledger);
        if (retain) this.#dropRetained(message);
        else if (channel !== null) this.#receive(message);
        else message.acknowledge();
        return true;
      },
    };
  }

  /** @param {string} channel */
  wants(channel) {
    return this.#channels.some((wanted) => overlap(wanted, channel));
  }

  /**
   * A persistent session may hold subscriptions, and quotes, of an earlier run's channels.
   * @param {string} topic
   * @returns {string | null} the topic without the prefix, if it is on one of the channels
   */
  #channelOf(topic) {
    let channel = this.#known.get(topic);
    if (channel === undefined) {
      const { log, prefix } = this.#broker;
      const rest = topic.slice(prefix.length);
      channel = topic.startsWith(prefix) && this.wants(rest) ? rest : null;
      if (this.#known.size >= TOPICS_REMEMBERED) this.#known.clear();
      this.#known.set(topic, channel);
      if (channel === null) {
        log.warn({ topic }, 'dropped: quotes on no channel of this algorithm, of an earlier run');
        // ends it where the channel was no wildcard
        this.#connection.client?.unsubscribe(topic);
      }
    }
    return channel;
  }

  /** @param {Message} message */
  #dropRetained(message) {
    this.#retained += 1;
    this.#broker.log.warn({ topic: message.topic, dropped: this.#retained }, 'dropped: a retained message is no quote');
    message.acknowledge();
  }
}

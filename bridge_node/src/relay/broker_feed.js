import { randomBytes } from 'node:crypto';

import { Connection } from '../mqtt/connection.js';
import { isLarge, PUBLISH, readPublish } from '../mqtt/packets.js';
import { reason } from '../support/errors.js';

/** Seconds after which the broker drops a command or a question that no bridge has taken (MQTT 5). */
const MESSAGE_EXPIRY = 60;

/**
 * What a BrokerFeed calls, as it happens.
 * @typedef {object} FeedHandlers
 * @property {(message: import('./gathered.js').Relayed) => void} receive
 * @property {(isConnected: boolean) => void} changed
 * @property {(sentence: string) => void} refused  by the broker
 */

/** The one connection to the broker for all pages, while there are some: it subscribes at QoS 0, and keeps nothing. */
export class BrokerFeed {
  #broker;
  #connection;
  /** @type {string[]} */
  #filters = [];

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {FeedHandlers} handlers
   */
  constructor(broker, { receive, changed, refused }) {
    this.#broker = broker;
    this.#refused = refused;
    const clientId = `${broker.prefix}tickwire-dashboard-${randomBytes(6).toString('hex')}`;
    this.#connection = new Connection(broker, { clientId, clean: true }, (client) => {
      const hasProperties = client.options.protocolVersion === 5;
      return {
        handle: (bytes, first, frame) => {
          if (first >> 4 !== PUBLISH) return false;
          const { topic, payload, retain } = readPublish(bytes, first, frame, hasProperties);
          if (!topic.startsWith(broker.prefix)) return true;
          const kept = isLarge(frame) ? Buffer.from(payload) : payload;
          receive({ topic: topic.slice(broker.prefix.length), payload: kept, retain, at: Date.now() });
          return true;
        },
      };
    });
    this.#connection.on('up', () => {
      changed(true);
      this.#subscribe(this.#filters);
    });
    this.#connection.on('down', () => changed(false));
  }

  #refused;

  get isConnected() {
    return this.#connection.client !== undefined;
  }

  start() {
    this.#connection.start();
  }

  stop() {
    return this.#connection.stop();
  }

  /**
   * Receive these from now on, and what is retained on them once more: a page has come, or wants others.
   * @param {string[]} filters  of all pages, without the prefix
   */
  subscribe(filters) {
    const gone = this.#filters.filter((filter) => !filters.includes(filter));
    this.#filters = filters;
    const { client } = this.#connection;
    if (!client) return;
    this.#subscribe(filters);
    if (gone.length > 0) client.unsubscribe(gone.map((filter) => this.#broker.prefix + filter));
  }

  /**
   * @param {string} topic  without the prefix
   * @param {string} payload
   */
  publish(topic, payload) {
    const { client } = this.#connection;
    if (!client) return this.#refused('the bridge has no connection to the broker: nothing was published');
    const properties = { messageExpiryInterval: MESSAGE_EXPIRY };
    client.publish(this.#broker.prefix + topic, payload, { qos: 1, properties }, (error) => {
      if (error) this.#refused(`the broker has not taken what was published on ${topic}: ${reason(error)}`);
    });
  }

  /** @param {string[]} filters */
  #subscribe(filters) {
    const { client } = this.#connection;
    if (!client || filters.length === 0) return;
    const topics = filters.map((filter) => this.#broker.prefix + filter);
    client.subscribe(topics, { qos: 0 }, (error, granted) => {
      const denied = (granted ?? []).filter(({ qos }) => qos >= 128).map(({ topic }) => topic);
      if (denied.length > 0) this.#refused(`the broker refuses to subscribe to ${denied.join(', ')}`);
      else if (error && client.connected) this.#refused(`the broker refuses to subscribe: ${reason(error)}`);
    });
  }
}

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';

/**
 * One bridge for one algorithm: two would have the same session at the broker, which evicts the
 * other at each connect, for ever and without a reason. So each bridge says at its start that it is
 * there, retained on `bridges/<algo>`, and the one that finds a newer one there ends.
 *
 * Emits `superseded` (who) once.
 */
export class Claim extends EventEmitter {
  #topic;
  #publisher;
  #own = {
    instance: randomBytes(8).toString('hex'),
    started: Date.now(),
    host: hostname(),
    pid: process.pid,
  };
  #connections = 0;
  #ended = false;

  /**
   * @param {string} topic
   * @param {import('../mqtt/publisher.js').Publisher} publisher  on whose connection it is made
   */
  constructor(topic, publisher) {
    super();
    this.#topic = topic;
    this.#publisher = publisher;
  }

  /** Say that we are there, now and on every later connection. */
  start() {
    const { connection } = this.#publisher;
    connection.on('up', (client) => this.#stake(client));
    if (connection.client) this.#stake(connection.client);
  }

  /** Leave the place to others. */
  async withdraw() {
    if (this.#ended || this.#connections === 0) return;
    this.#ended = true;
    if (this.#publisher.connected) await this.#publish('');
  }

  /** @param {import('mqtt').MqttClient} client */
  #stake(client) {
    this.#connections += 1;
    client.on('message', (topic, payload, { retain }) => {
      if (topic === this.#topic) this.#see(payload, retain);
    });
    client.subscribe(this.#topic, { qos: 1 }, (error) => {
      if (!error) this.#say(); // else the connection is lost, and there will be another
    });
  }

  #say() {
    void this.#publish(JSON.stringify(this.#own));
  }

  /** @param {string} payload */
  #publish(payload) {
    return this.#publisher.publish([{ topic: this.#topic, payload, retain: true }]);
  }

  /**
   * @param {Buffer} payload
   * @param {boolean} wasThere  it was said before we subscribed
   */
  #see(payload, wasThere) {
    const other = readClaim(payload);
    if (this.#ended || !other || other.instance === this.#own.instance) return;
    if (wasThere && this.#connections === 1) {
      // A predecessor's, whose clock may be ahead of ours: we are newer whatever the clocks say.
      this.#own.started = Math.max(this.#own.started, other.started + 1);
    }
    if (other.started > this.#own.started) {
      this.#ended = true;
      this.emit('superseded', `${other.host}, process ${other.pid}`);
    } else {
      // an older one has come back, or a broker has forgotten what it knew
      this.#say();
    }
  }
}

/** @param {Buffer} payload */
function readClaim(payload) {
  try {
    const claim = JSON.parse(payload.toString());
    return typeof claim?.instance === 'string' && Number.isFinite(claim.started) ? claim : undefined;
  } catch {
    return undefined; // an empty one, by which a bridge left, or none of ours
  }
}

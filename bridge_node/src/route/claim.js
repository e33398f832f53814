import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';

/**
 * One bridge for one algorithm: two would use the same session, and the broker would disconnect one at each
 * connect of the other, for ever and without a reason. So each bridge publishes a claim at its start,
 * retained on `bridges/<algo>`, and a bridge that receives a newer claim ends.
 *
 * Emits `superseded` (the other's host and process), at most once.
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
  /** Whether the broker has confirmed the claim. */
  #isClaimed = false;
  #isEnded = false;

  /**
   * @param {string} topic
   * @param {import('../mqtt/publisher.js').Publisher} publisher  whose connection it uses
   */
  constructor(topic, publisher) {
    super();
    this.#topic = topic;
    this.#publisher = publisher;
  }

  /** Publish the claim, now and on every later connection. */
  start() {
    const { connection } = this.#publisher;
    connection.on('up', (client) => this.#claimOn(client));
    if (connection.client) this.#claimOn(connection.client);
  }

  /** Remove the claim, so that nothing is retained. */
  async withdraw() {
    if (this.#isEnded || this.#connections === 0) return;
    this.#isEnded = true;
    if (this.#publisher.connected) await this.#publish('');
  }

  /** @param {import('mqtt').MqttClient} client */
  #claimOn(client) {
    this.#connections += 1;
    client.on('message', (topic, payload, { retain }) => {
      if (topic === this.#topic) this.#compare(payload, retain);
    });
    client.subscribe(this.#topic, { qos: 1 }, (error) => {
      if (!error) this.#publishOwn(); // else the connection is lost, and another follows
    });
  }

  #publishOwn() {
    void this.#publish(JSON.stringify(this.#own)).then(() => {
      this.#isClaimed = true;
    });
  }

  /** @param {string} payload */
  #publish(payload) {
    return this.#publisher.publish([{ topic: this.#topic, payload, retain: true }]);
  }

  /**
   * @param {Buffer} payload
   * @param {boolean} isRetained  it was published before we subscribed
   */
  #compare(payload, isRetained) {
    const other = readClaim(payload);
    if (this.#isEnded || !other || other.instance === this.#own.instance) return;
    if (!this.#isClaimed || (isRetained && this.#connections === 1)) {
      // It is a predecessor's, whose clock may be ahead of ours, or the clock was set back since: we are newer
      // whatever the clocks show.
      this.#own.started = Math.max(this.#own.started, other.started + 1);
    }
    if (other.started > this.#own.started) {
      this.#isEnded = true;
      this.emit('superseded', `${other.host}, process ${other.pid}`);
    } else {
      // an older bridge has reconnected, or a broker has lost what it retained
      this.#publishOwn();
    }
  }
}

/** @param {Buffer} payload */
function readClaim(payload) {
  try {
    const claim = JSON.parse(payload.toString());
    return typeof claim?.instance === 'string' && Number.isFinite(claim.started) ? claim : undefined;
  } catch {
    return undefined; // empty, because a bridge has withdrawn its claim, or not a claim
  }
}

import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { readRetained } from '../mqtt/retained.js';
import { Backoff } from '../support/backoff.js';
import { reason } from '../support/errors.js';

/**
 * One bridge for one algorithm: two would use the same session, and the broker would disconnect one at each
 * connect of the other, for ever and without a reason. So each bridge publishes a claim at its start,
 * retained on `bridges/<algo>`, and a route whose bridge receives a newer claim ends.
 *
 * Emits `superseded` (the other's host and process), at most once.
 */
export class Claim extends EventEmitter {
  #topic;
  #publisher;
  #own;
  #connections = 0;
  /** Whether the broker has confirmed the claim. */
  isClaimed = false;
  #isEnded = false;

  /**
   * @param {string} topic
   * @param {import('../mqtt/publisher.js').Publisher} publisher  whose connection it uses
   * @param {string} instance  of the bridge; the same claim may be made again by its bridge
   */
  constructor(topic, publisher, instance) {
    super();
    this.#topic = topic;
    this.#publisher = publisher;
    this.#own = { instance, started: Date.now(), host: hostname(), pid: process.pid };
  }

  /**
   * Wait until no other bridge claims the algorithm, or until the connection has stopped for good.
   * @param {import('../support/log.js').Log} log
   */
  async whenFree(log) {
    const { connection } = this.#publisher;
    const backoff = new Backoff();
    let shown = '';
    while (!connection.isLast) {
      const other = await this.#other(log);
      if (!other) return;
      const line = `${this.#topic} is claimed by another bridge (${ownerOf(other)}); waiting until that has ended`;
      if (line !== shown) log.warn(line);
      shown = line;
      await sleep(backoff.next(), undefined, { ref: false });
    }
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

  /**
   * The claim of another bridge that the broker retains.
   * @param {import('../support/log.js').Log} log
   */
  async #other(log) {
    try {
      const payload = (await readRetained(this.#topic, this.#publisher.connection)).at(-1);
      const claim = payload && readClaim(payload);
      return claim?.instance === this.#own.instance ? undefined : claim;
    } catch (error) {
      log.warn(`it is not known whether another bridge has started: ${this.#topic} is not shown: ${reason(error)}`);
      return undefined;
    }
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
      this.isClaimed = true;
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
    if (!this.isClaimed || (isRetained && this.#connections === 1)) {
      // It is a predecessor's, whose clock may be ahead of ours, or the clock was set back since: we are newer
      // whatever the clocks show.
      this.#own.started = Math.max(this.#own.started, other.started + 1);
    }
    if (other.started > this.#own.started) {
      this.#isEnded = true;
      this.emit('superseded', ownerOf(other));
    } else {
      // an older bridge has reconnected, or a broker has lost what it retained
      this.#publishOwn();
    }
  }
}

/** @param {{host: unknown, pid: unknown}} claim */
function ownerOf({ host, pid }) {
  return `${host}, process ${pid}`;
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

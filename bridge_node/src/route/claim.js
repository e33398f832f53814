import { EventEmitter, once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { isNewer, isQuestion, ownerOf, question, readClaim } from '../messages/claim.js';
import { epochOf, readDuty } from '../messages/duty.js';
import { ask } from '../mqtt/ask.js';
import { readRetained } from '../mqtt/retained.js';
import { Backoff } from '../support/backoff.js';
import { Deferred } from '../support/deferred.js';
import { reason } from '../support/errors.js';

/**
 * ms in which the owner of a claim has to answer. A bridge that has lost its broker makes attempts at most 5 s
 * apart (Backoff): one that lives is connected again by then.
 */
export const MAX_SILENCE = 6000;

/**
 * The duty that is retained beside the claim; `hear` is called with each one that comes on the topic.
 * @typedef {object} Placed
 * @property {import('../messages/duty.js').Duty} duty
 * @property {(duty: import('../messages/duty.js').Duty) => void} hear
 */

/**
 * One bridge for one algorithm: two would use the same session, and the broker would disconnect one at each
 * connect of the other, for ever and without a reason. So each bridge publishes a claim at its start,
 * retained on `bridges/<algo>`, and a route whose bridge receives a newer claim ends.
 *
 * A bridge that is killed leaves its claim. Who waits for a claim asks, on the same topic, whether its owner lives;
 * the owner answers by publishing the claim again.
 *
 * It publishes past the Publisher's queue: that stands still while the backend is away, and an answer must not.
 *
 * The same record has the duty: where the backend is, after a swap. It outlives the claim.
 *
 * Emits `superseded` (the other's host and process), at most once; and `outcome`, for the metrics, when it has `claimed`
 * the algorithm, `waited` for another bridge, `taken_over` from a dead one, or `lost` it.
 */
export class Claim extends EventEmitter {
  #topic;
  #publisher;
  #placement;
  #own;
  #connections = 0;
  #confirmed = new Deferred();
  /** Whether the broker has confirmed the claim. */
  isClaimed = false;
  /** The other bridge that serves the algorithm while we wait: it has answered. Otherwise empty. */
  owner = '';
  /** Whether another bridge claims the algorithm that has not answered yet. */
  isAsking = false;
  #isEnded = false;
  /** The instance of a bridge that has not answered. */
  #dead = '';

  /**
   * @param {string} topic
   * @param {import('../mqtt/publisher.js').Publisher} publisher  whose connection it uses
   * @param {string} instance  of the bridge; the same claim may be made again by its bridge
   * @param {Placed} [placement]  where the backend is, as far as it was swapped
   */
  constructor(topic, publisher, instance, placement = { duty: {}, hear: () => {} }) {
    super();
    this.#topic = topic;
    this.#publisher = publisher;
    this.#placement = placement;
    this.#own = { instance, started: Date.now(), host: hostname(), pid: process.pid };
  }

  /**
   * Wait until no living bridge claims the algorithm but ours, or until the connection has stopped for good.
   * @param {import('../support/log.js').Log} log
   * @returns {Promise<boolean>} whether another bridge had claimed it
   */
  async whenFree(log) {
    const { connection } = this.#publisher;
    const backoff = new Backoff();
    let shown = '';
    while (!connection.isLast) {
      const other = await this.#other(log);
      if (!other) break;
      const owner = ownerOf(other);
      if (owner !== shown)
        log.info(`${this.#topic} is claimed by another bridge (${owner}); waiting until that has ended`);
      shown = owner;
      this.isAsking = this.owner === '';
      const isOwned = await this.#isOwned(log);
      this.isAsking = false;
      if (!isOwned) {
        log.warn(`the bridge that claims ${this.#topic} does not answer (${owner}); taking over`);
        this.#dead = other.instance;
        this.emit('outcome', 'taken_over');
        break;
      }
      if (this.owner === '') this.emit('outcome', 'waited');
      this.owner = owner;
      await sleep(backoff.next(), undefined, { ref: false });
    }
    this.owner = '';
    return shown !== '';
  }

  /**
   * Publish the claim, now and on every later connection.
   * @returns {Promise<void>} resolves when the broker has confirmed it for the first time
   */
  start() {
    const { connection } = this.#publisher;
    connection.on('up', (client) => this.#claimOn(client));
    if (connection.client) this.#claimOn(connection.client);
    return this.#confirmed.promise;
  }

  /**
   * Retain another duty.
   * @param {import('../messages/duty.js').Duty} duty
   * @throws {Error} if the claim has ended; otherwise it resolves when the broker has confirmed it
   */
  async note(duty) {
    this.#placement.duty = duty;
    const { connection } = this.#publisher;
    for (;;) {
      if (this.#isEnded || connection.isLast) throw new Error('the bridge serves the algorithm no more');
      const client = connection.client ?? (await once(connection, 'up'))[0];
      try {
        await client.publishAsync(this.#topic, this.#payload, { qos: 1, retain: true });
        break;
      } catch (error) {
        if (connection.client === client) throw error;
      }
    }
    // the claim of another bridge may have come meanwhile; that one retains its own record again
    if (this.#isEnded) throw new Error('another bridge serves the algorithm now');
  }

  /** Remove the claim, so that nothing but the duty is retained. */
  async withdraw() {
    if (this.#isEnded || this.#connections === 0) return;
    this.#isEnded = true;
    const { client } = this.#publisher.connection;
    const { duty } = this.#placement;
    const rest = Object.keys(duty).length > 0 ? JSON.stringify(duty) : '';
    await client?.publishAsync(this.#topic, rest, { qos: 1, retain: true }).catch(() => {}); // the broker is lost
  }

  get #payload() {
    return JSON.stringify({ ...this.#own, ...this.#placement.duty });
  }

  /**
   * The claim of another bridge that the broker retains.
   * @param {import('../support/log.js').Log} log
   */
  async #other(log) {
    try {
      const payload = (await readRetained(this.#topic, this.#publisher.connection)).at(-1);
      const claim = payload && readClaim(payload);
      return claim && [this.#own.instance, this.#dead].includes(claim.instance) ? undefined : claim;
    } catch (error) {
      log.warn(`it is not known whether another bridge has started: ${this.#topic} is not shown: ${reason(error)}`);
      return undefined;
    }
  }

  /**
   * Ask whether the bridge that claims the algorithm lives.
   * @param {import('../support/log.js').Log} log
   */
  async #isOwned(log) {
    const { connection } = this.#publisher;
    const { client } = connection;
    if (!client) return true; // it is not known, and the next look at the claim waits for the broker
    try {
      // that it is withdrawn is an answer, too
      const isAnswer = (/** @type {Buffer} */ payload) =>
        payload.length === 0 || readClaim(payload) !== undefined || epochOf(readDuty(payload)) > 0;
      return await ask(this.#topic, question(this.#own.instance), isAnswer, MAX_SILENCE, connection);
    } catch (error) {
      if (connection.client === client) {
        log.warn(`it is not known whether the bridge that claims ${this.#topic} lives: ${reason(error)}`);
      }
      return true;
    }
  }

  /** @param {import('mqtt').MqttClient} client */
  #claimOn(client) {
    this.#connections += 1;
    client.on('message', (topic, payload, { retain }) => {
      if (topic === this.#topic && !this.#isEnded) this.#hear(payload, retain, client);
    });
    client.subscribe(this.#topic, { qos: 1 }, (error) => {
      if (!error) this.#publishOwn(client); // else the connection is lost, and another follows
    });
  }

  /** @param {import('mqtt').MqttClient} client */
  #publishOwn(client) {
    if (this.#isEnded) return;
    client.publish(this.#topic, this.#payload, { qos: 1, retain: true }, (error) => {
      if (!error) {
        if (!this.isClaimed) this.emit('outcome', 'claimed');
        this.isClaimed = true;
        this.#confirmed.resolve();
      } else if (this.#publisher.connection.client === client) {
        const why = reason(error).replace(/^Publish error: /, '');
        this.#publisher.connection.renew(`the broker refuses ${this.#topic}: ${why}`);
      }
    });
  }

  /**
   * @param {Buffer} payload
   * @param {boolean} isRetained  it was published before we subscribed
   * @param {import('mqtt').MqttClient} client
   */
  #hear(payload, isRetained, client) {
    if (isQuestion(payload)) this.#publishOwn(client);
    const other = readClaim(payload);
    if (other?.instance === this.#own.instance) return;
    this.#placement.hear(readDuty(payload));
    if (!other) return;
    if (!this.isClaimed || (isRetained && this.#connections === 1)) {
      // It is a predecessor's, whose clock may be ahead of ours, or the clock was set back since: we are newer
      // whatever the clocks show.
      this.#own.started = Math.max(this.#own.started, other.started + 1);
    }
    if (isNewer(other, this.#own)) {
      this.#isEnded = true;
      this.emit('outcome', 'lost');
      this.emit('superseded', ownerOf(other));
    } else {
      // an older bridge has reconnected, or a broker has lost what it retained
      this.#publishOwn(client);
    }
  }
}

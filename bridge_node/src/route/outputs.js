import { Publisher } from '../mqtt/publisher.js';
import { LineLimit } from '../support/line_limit.js';
import { Halts } from './halts.js';
import { readOutcomes } from './outcomes.js';
import { joinOutputs } from './output_arrays.js';
import { LossWindow, republish } from './republish.js';
import { Snapshots } from './snapshots.js';
import { Summary } from './summary.js';
import { haltPublication, outputTopics } from './topics.js';

/** @typedef {import('../mqtt/publisher.js').Publication} Publication */

/**
 * What is published for one algorithm, on a connection of its own: outcomes, refusals, replies, halts and
 * snapshots; and again what the broker may have lost.
 *
 * The route calls `start` first, and `begin`, once, when the algorithm's name is known; `algo`, `topics`
 * and `halts` are there from then on, and nothing but a report of a refusal is published before.
 */
export class Outputs {
  #backend;
  #times;
  #isBatched;
  #meter;
  #prefix;
  #log;
  #lossWindow;
  #limit = new LineLimit();
  /** @type {Snapshots | undefined} */
  #snapshots;
  /** @type {Summary | undefined} */
  #summary;

  algo = '';
  topics = outputTopics('');
  /** @type {Halts | undefined} */
  halts;

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {import('../backend/backend.js').Backend} backend
   * @param {import('./times.js').Times} times
   * @param {import('../metrics/route_meter.js').RouteMeter} meter
   * @param {boolean} [isBatched]  whether orders and fills are published as arrays
   */
  constructor(broker, backend, times, meter, isBatched = false) {
    this.#backend = backend;
    this.#times = times;
    this.#meter = meter;
    this.#isBatched = isBatched;
    this.#prefix = broker.prefix;
    this.#log = broker.log;
    this.publisher = new Publisher(broker, (publish) => this.#recover(publish));
    this.#lossWindow = new LossWindow(this.publisher.connection);
    backend.on('ready', () => this.#showSnapshots());
  }

  start() {
    this.publisher.start();
  }

  /** @param {string} algo  the algorithm's name */
  begin(algo) {
    this.algo = algo;
    this.#summary ??= new Summary(this.#meter, this.#log);
    this.topics = outputTopics(algo, this.#prefix);
    this.halts = new Halts(algo, this.topics.halt, this.#log);
  }

  /** Record that inputs were decided now. */
  decided() {
    this.#lossWindow.decided();
  }

  /**
   * Publish the outcomes of a batch, and acknowledge it only when the broker has confirmed them.
   * @param {import('./queue.js').Waiting[]} batch
   * @param {import('../backend/decisions.js').Outcome[]} outcomes
   */
  async settle(batch, outcomes) {
    const { publications, errors, orders } = readOutcomes(batch, outcomes, this, this.#meter, this.#log, this.#limit);
    for (const record of errors) this.report(record);
    await this.publisher.publish(this.#due(publications));
    const oldest = batch.find(({ kind }) => kind !== 'command')?.message.received.steady;
    if (orders > 0 && oldest !== undefined) this.#meter.confirmed((performance.now() - oldest) / 1000);
    const now = Date.now();
    for (const { message, kind } of batch) {
      if (message.published !== undefined && kind === 'quote') this.#meter.followed((now - message.published) / 1000);
      message.acknowledge();
    }
    this.#times.settled(batch);
    this.#snapshots?.touch();
  }

  /** @param {string} record  of a message that led to no decision */
  report(record) {
    this.publisher.report(this.topics.errors, record);
  }

  /**
   * @param {string} payload
   * @returns {Promise<void>} resolves when the broker has confirmed it
   */
  reply(payload) {
    return this.publisher.publish([{ topic: this.topics.replies, payload }]);
  }

  /** Remove the halt that is retained, once the backend is ready. */
  removeHalt() {
    void this.publisher.publish([haltPublication(null, this.topics)]);
  }

  /**
   * Retain a person's halt that another backend than the present one has told, or that none is in force.
   * @param {import('../messages/halt.js').Halt | null} halt
   * @returns {Promise<void>} resolves when the broker has confirmed it
   */
  async keepHalt(halt) {
    if (!this.halts || (halt === null && this.halts.current === null)) return;
    if (halt) this.halts.begin(halt);
    else this.halts.end();
    await this.publisher.publish([haltPublication(halt, this.topics)]);
  }

  /** Publish the last snapshot, if it is not published yet. */
  async flush() {
    await this.#snapshots?.flush();
  }

  stop() {
    this.#summary?.end();
    return this.publisher.stop();
  }

  /**
   * @param {Publication[]} publications  that are due together
   * @returns {Publication[]} as they are published
   */
  #due(publications) {
    return this.#isBatched ? joinOutputs(publications, this.topics, this.publisher) : publications;
  }

  #showSnapshots() {
    if (!this.#backend.hasSnapshot) {
      this.#removeSnapshot();
      return;
    }
    this.#snapshots ??= new Snapshots(
      () => this.#backend.snapshot(),
      (payload) => this.publisher.publish([{ topic: this.topics.portfolio, payload, retain: true }]),
      this.#log,
    );
    this.#snapshots.renew();
  }

  /** What is retained is of a backend that was swapped away: this one goes on with no account. */
  #removeSnapshot() {
    if (!this.#snapshots) return;
    this.#snapshots.end();
    this.#snapshots = undefined;
    void this.publisher.publish([{ topic: this.topics.portfolio, payload: '', retain: true }]);
  }

  /**
   * Publish again what the broker may have lost; it comes first on every connection.
   * @param {import('../mqtt/publisher.js').Publish} publish
   */
  async #recover(publish) {
    await this.#backend.whenReady(); // only then the algorithm's name, and so the topics, are known
    const publishPage = (/** @type {Publication[]} */ page) => publish(this.#due(page));
    this.#times.confirmed(await republish(this.#backend, this.#lossWindow.seconds, this.topics, publishPage));
    if (this.halts?.isPublished) await publish([haltPublication(this.halts.current, this.topics)]);
    this.#snapshots?.renew(); // what was retained may be lost, too
  }
}

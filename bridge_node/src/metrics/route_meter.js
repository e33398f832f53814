import { ChannelTimes } from './channel_times.js';
import { Streak } from './streak.js';

/**
 * What is read of a route when the metrics are asked for.
 * @typedef {object} Readings
 * @property {{inputs: number, bytes: number}} queue  what waits to be decided
 * @property {{ready: boolean}} backend
 */

/**
 * What one route counts. The route calls `begin` once, when the name of its algorithm is known and before anything
 * comes that could be counted, `show` when it is to serve it, and `end` when it ends.
 */
export class RouteMeter {
  #metrics;
  /** @type {Record<string, number>} */
  #received = {};
  /** @type {Record<string, number>} */
  #refused = {};
  /** @type {Record<string, number>} */
  #commands = {};
  /** @type {Record<string, number>} */
  #decided = {};
  /** @type {Record<string, number>} */
  #failures = {};
  /** @type {Record<string, number>} */
  #orders = {};
  /** @type {Record<string, number>} */
  #fills = {};
  /** @type {Record<string, number>} */
  #claims = {};
  #refusedInARow = new Streak();
  #failedInARow = new Streak();
  /** The label of its algorithm. */
  algo = '';
  channels = new ChannelTimes();
  /** @type {Readings} */
  readings = { queue: { inputs: 0, bytes: 0 }, backend: { ready: false } };

  /** @param {import('./bridge_metrics.js').BridgeMetrics} metrics */
  constructor(metrics) {
    this.#metrics = metrics;
  }

  /** @param {string} name  of the algorithm */
  begin(name) {
    const { inputs, outputs, calls, backends } = this.#metrics;
    const algo = this.#metrics.labelOf(name);
    this.algo = algo;
    this.#received = inputs.received.of(algo);
    this.#refused = inputs.refused.of(algo);
    this.#commands = inputs.commands.of(algo);
    this.#decided = inputs.decided.of(algo);
    this.#failures = inputs.failures.of(algo);
    this.#orders = outputs.orders.of(algo);
    this.#fills = outputs.fills.of(algo);
    this.#claims = backends.claims.of(algo);
    backends.reconnects.of(algo);
    calls.begin(algo);
  }

  /** @param {Readings} readings */
  show(readings) {
    this.readings = readings;
    this.#metrics.show(this);
  }

  end() {
    this.#metrics.end(this);
  }

  /**
   * A message of quotes or data was read.
   * @param {import('../messages/kinds.js').Kind} kind
   * @param {number} count  of the inputs in it
   * @param {string} topic
   * @param {number} at  ms of the steady clock
   */
  received(kind, count, topic, at) {
    this.#received[kind] += count;
    this.channels.heard(topic, at);
    this.#refusedInARow.good();
  }

  /** @param {string} name  of a valid command that has come */
  command(name) {
    this.#received.command += 1;
    this.#commands[name] += 1;
  }

  /**
   * A message of quotes or data was refused.
   * @param {string} code
   */
  refusedInput(code) {
    this.refused(code);
    this.#refusedInARow.bad(1);
  }

  /** @param {string} code  of any message that was refused */
  refused(code) {
    this.#refused[code] += 1;
  }

  /**
   * A call of the backend was answered.
   * @param {number} inputs  in it
   * @param {number} seconds
   */
  called(inputs, seconds) {
    const { algo } = this;
    this.#metrics.calls.inputs.observe({ algo }, inputs);
    this.#metrics.calls.seconds.observe({ algo }, seconds);
  }

  /**
   * The outcomes of a message have come.
   * @param {import('../messages/kinds.js').Kind} kind
   * @param {number} decided  inputs of it
   * @param {number} failed  inputs of it
   */
  decided(kind, decided, failed) {
    this.#decided[kind] += decided;
    this.#failures.count += failed;
    if (kind === 'command') return;
    if (decided > 0) this.#failedInARow.good();
    else this.#failedInARow.bad(failed);
  }

  /**
   * The outputs of a batch are to be published.
   * @param {number} orders
   * @param {number} fills
   */
  outputs(orders, fills) {
    this.#orders.count += orders;
    this.#fills.count += fills;
  }

  /** @param {number} seconds  from the receipt of the oldest quote of a batch to the confirmation of its orders */
  confirmed(seconds) {
    this.#metrics.calls.latency.observe({ algo: this.algo }, seconds);
  }

  /** @param {number} seconds  from the publishing of a message to the confirmation of its outputs */
  followed(seconds) {
    // where the clock of the publisher is ahead
    this.#metrics.calls.publishing.observe({ algo: this.algo }, Math.max(0, seconds));
  }

  /** What has become of its inputs since the start; of all together that share the label. */
  get totals() {
    const refused = Object.values(this.#refused).reduce((sum, count) => sum + count, 0);
    const { quote: quotes, data } = this.#decided;
    return { quotes, data, orders: this.#orders.count, refused, failed: this.#failures.count };
  }

  /** What a person has to know, a sentence each. */
  get troubles() {
    const [refused, failed] = [this.#refusedInARow.length, this.#failedInARow.length];
    return [
      refused && `each of the last ${refused} messages of quotes and data was refused`,
      failed && `the algorithm failed at each of the last ${failed} quotes and data`,
    ].filter((sentence) => sentence !== 0);
  }

  /** The backend is ready. */
  ready() {
    this.#metrics.backends.ready(this.algo);
  }

  /** @param {'claimed' | 'waited' | 'taken_over' | 'lost'} outcome */
  claim(outcome) {
    this.#claims[outcome] += 1;
  }
}

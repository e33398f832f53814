/**
 * What one route counts. The route calls `begin` once, when the name of its algorithm is known, and before anything
 * comes that could be counted.
 */
export class RouteMeter {
  #metrics;
  /** @type {Record<string, number>} */
  #received = {};
  /** @type {Record<string, number>} */
  #refused = {};

  /** @param {import('./bridge_metrics.js').BridgeMetrics} metrics */
  constructor(metrics) {
    this.#metrics = metrics;
  }

  /** @param {string} algo  the algorithm's name */
  begin(algo) {
    const { inputs } = this.#metrics;
    this.#received = inputs.received.of(algo);
    this.#refused = inputs.refused.of(algo);
  }

  /**
   * A message was read.
   * @param {import('../messages/kinds.js').Kind} kind
   * @param {number} count  of the inputs in it
   */
  received(kind, count) {
    this.#received[kind] += count;
  }

  /**
   * A message was refused.
   * @param {string} code
   */
  refused(code) {
    this.#refused[code] += 1;
  }
}

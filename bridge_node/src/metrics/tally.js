import { addCount } from './reading.js';

/**
 * A counter by algorithm, and perhaps by one more label. Hot paths add to plain numbers, which are read when the
 * registry is collected. Of the values that are known there is a sample from the beginning, so that the first
 * increase is seen as one.
 */
export class Tally {
  /** By algorithm. @type {Map<string, Record<string, number>>} */
  #counts = new Map();
  #values;

  /**
   * @param {import('@platformatic/prom-client').Registry} registry
   * @param {{name: string, help: string}} about
   * @param {string} [label]  besides `algo`
   * @param {readonly string[]} [values]  of the label
   */
  constructor(registry, about, label, values = ['count']) {
    this.#values = values;
    const counts = this.#counts;
    const labelNames = label === undefined ? ['algo'] : ['algo', label];
    addCount(registry, { ...about, labelNames }, function* read() {
      for (const [algo, numbers] of counts) {
        for (const [value, count] of Object.entries(numbers)) {
          yield [label === undefined ? { algo } : { algo, [label]: value }, count];
        }
      }
    });
  }

  /**
   * @param {string} algo
   * @returns {Record<string, number>} the numbers to add to, by the values of the label; without one it is `count`
   */
  of(algo) {
    let numbers = this.#counts.get(algo);
    if (!numbers) {
      numbers = Object.fromEntries(this.#values.map((value) => [value, 0]));
      this.#counts.set(algo, numbers);
    }
    return numbers;
  }
}

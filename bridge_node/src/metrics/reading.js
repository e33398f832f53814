import { Counter, Gauge } from '@platformatic/prom-client';

/**
 * What is read when the registry is collected: labels, and the value.
 * @typedef {() => Iterable<[Record<string, string>, number]>} Read
 * @typedef {{name: string, help: string, labelNames?: string[]}} About
 */

/**
 * Add a gauge.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {About} about
 * @param {Read} read
 */
export function addReading(registry, about, read) {
  new Gauge({
    ...about,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

/**
 * Add a counter of what is counted elsewhere.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {About} about
 * @param {Read} read
 */
export function addCount(registry, about, read) {
  new Counter({
    ...about,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

import { Gauge } from '@platformatic/prom-client';

/**
 * Add a gauge that is read when the registry is collected.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {{name: string, help: string, labelNames?: string[]}} about
 * @param {() => Iterable<[Record<string, string>, number]>} read  labels, and the value
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

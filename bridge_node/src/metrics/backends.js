import { addReading } from './reading.js';
import { Tally } from './tally.js';

/** How an algorithm comes to be served. */
const OUTCOMES = ['claimed', 'waited', 'taken_over', 'lost'];

/** Whether the algorithms are served. */
export class BackendMetrics {
  /** Algorithms whose backend was ready before. @type {Set<string>} */
  #seen = new Set();

  /**
   * @param {import('@platformatic/prom-client').Registry} registry
   * @param {Iterable<import('./route_meter.js').RouteMeter>} meters  of the routes that run
   */
  constructor(registry, meters) {
    addReading(
      registry,
      {
        name: 'tickwire_bridge_backend_ready',
        help: 'Whether the backend is connected, initialised and admitted: 0 or 1.',
        labelNames: ['algo'],
      },
      () => Array.from(meters, ({ algo, readings }) => [{ algo }, Number(readings.backend.ready)]),
    );
    this.reconnects = new Tally(registry, {
      name: 'tickwire_bridge_backend_reconnects_total',
      help: 'How often a backend was ready again, after a loss or a swap.',
    });
    this.claims = new Tally(
      registry,
      { name: 'tickwire_bridge_claims_total', help: 'What came of the claims of algorithms.' },
      'outcome',
      OUTCOMES,
    );
  }

  /** @param {string} algo  whose backend is ready */
  ready(algo) {
    if (this.#seen.has(algo)) this.reconnects.of(algo).count += 1;
    this.#seen.add(algo);
  }
}

import { InputMetrics } from './inputs.js';
import { RouteMeter } from './route_meter.js';

/** The metrics of a bridge, in the registry of its process. */
export class BridgeMetrics {
  /** @param {import('@platformatic/prom-client').Registry} registry */
  constructor(registry) {
    this.inputs = new InputMetrics(registry);
  }

  /** What a route counts with; it belongs to that route alone. */
  meter() {
    return new RouteMeter(this);
  }
}

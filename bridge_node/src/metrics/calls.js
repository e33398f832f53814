import { Histogram } from '@platformatic/prom-client';

/** Inputs in a call. */
const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];
/** Seconds. */
export const TIMES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The calls of the backend, and what became of their inputs. */
export class CallMetrics {
  /** @param {import('@platformatic/prom-client').Registry} registry */
  constructor(registry) {
    const shared = { labelNames: ['algo'], registers: [registry] };
    this.inputs = new Histogram({
      name: 'tickwire_bridge_call_inputs',
      help: 'Inputs in a call of the backend.',
      buckets: SIZES,
      ...shared,
    });
    this.seconds = new Histogram({
      name: 'tickwire_bridge_call_seconds',
      help: 'Seconds of a call of the backend, with the attempts that it took.',
      buckets: TIMES,
      ...shared,
    });
    this.latency = new Histogram({
      name: 'tickwire_bridge_order_latency_seconds',
      help: 'Seconds from the receipt of a quote to the confirmation of its orders; the oldest of each batch.',
      buckets: TIMES,
      ...shared,
    });
    this.publishing = new Histogram({
      name: 'tickwire_bridge_publish_latency_seconds',
      help: 'Seconds from the publishing of a message to the confirmation of its outputs, of messages that tell.',
      buckets: TIMES,
      ...shared,
    });
  }

  /** @param {string} algo  that is shown from now on */
  begin(algo) {
    for (const histogram of [this.inputs, this.seconds, this.latency, this.publishing]) histogram.zero({ algo });
  }
}

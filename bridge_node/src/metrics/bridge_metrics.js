import { BackendMetrics } from './backends.js';
import { CallMetrics } from './calls.js';
import { ChannelTimes } from './channel_times.js';
import { InputMetrics } from './inputs.js';
import { addMqtt } from './mqtt.js';
import { addNotices } from './notices.js';
import { OutputMetrics } from './outputs.js';
import { addQueues } from './queue.js';
import { RouteMeter } from './route_meter.js';

/** Algorithms that have samples of their own. */
const MAX_ALGOS = 1000;
/** The label of those beyond. */
const OTHER = 'other';

/** The metrics of a bridge, in the registry of its process. A file each shows those of one kind. */
export class BridgeMetrics {
  /** Labels that have samples. @type {Set<string>} */
  #labels = new Set();
  /** By label: a route that is made anew, as after a loss, knows when quotes came before. @type {Map<string, ChannelTimes>} */
  #channels = new Map();
  /** Of the routes that run. @type {Set<RouteMeter>} */
  #meters = new Set();

  /**
   * @param {import('@platformatic/prom-client').Registry} registry
   * @param {import('../support/memory_budget.js').MemoryBudget} budget  of all routes
   * @param {Parameters<typeof addMqtt>[1]} link  to the broker
   * @param {import('../route/notices.js').Notices} notices
   */
  constructor(registry, budget, link, notices) {
    this.inputs = new InputMetrics(registry, this.#meters);
    this.outputs = new OutputMetrics(registry);
    this.calls = new CallMetrics(registry);
    this.backends = new BackendMetrics(registry, this.#meters);
    addQueues(registry, this.#meters, budget);
    addMqtt(registry, link);
    addNotices(registry, notices, (name) => this.labelOf(name));
  }

  /** What a route counts with; it belongs to that route alone. */
  meter() {
    return new RouteMeter(this);
  }

  /**
   * Only a RouteMeter calls this and what follows.
   * @param {string} name  of an algorithm
   * @returns {string} its label
   */
  labelOf(name) {
    if (this.#labels.size >= MAX_ALGOS && !this.#labels.has(name)) return OTHER;
    this.#labels.add(name);
    return name;
  }

  /** @param {string} label  of an algorithm */
  channelsOf(label) {
    const channels = this.#channels.get(label) ?? new ChannelTimes();
    if (label !== OTHER) this.#channels.set(label, channels);
    return channels;
  }

  /** @param {RouteMeter} meter  whose gauges are shown until `end` */
  show(meter) {
    if (meter.algo !== OTHER) this.#meters.add(meter); // or they would be those of several
  }

  /** @param {RouteMeter} meter */
  end(meter) {
    this.#meters.delete(meter);
  }
}

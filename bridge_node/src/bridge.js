import { randomBytes } from 'node:crypto';

import { Discovery } from './discovery/discovery.js';
import { BridgeMetrics } from './metrics/bridge_metrics.js';
import { addReady } from './metrics/process.js';
import { StatsPublisher } from './metrics/stats_publisher.js';
import { Notices } from './route/notices.js';
import { DroppedMessages } from './mqtt/dropped_messages.js';
import { KeptRoute } from './route/kept_route.js';
import { Route } from './route/route.js';
import { ServedNames } from './route/served_names.js';
import { ClockWatch } from './support/clock_watch.js';
import { MemoryBudget } from './support/memory_budget.js';

/**
 * Starts and stops the routes of several algorithms: those that are named, or all that are announced. If one only is
 * named, the bridge ends when it fails; of several, one that fails is tried again while the others go on.
 */
export class Bridge {
  #broker;
  #routes;
  #stats;
  #droppedMessages;
  #clock;
  /** What a person has to know about the algorithms, for whoever shows it. */
  notices = new Notices();
  #isStopping = false;
  /** Its name in `stats/<part>`; another at every start. */
  part;

  /**
   * @param {import('./route/route_config.js').RouteConfig[]} configs  of the algorithms that are named, with addresses that differ
   * @param {import('./mqtt/broker_link.js').BrokerLink} broker
   * @param {import('@platformatic/prom-client').Registry} registry  of this process
   * @param {string} version  of the package
   * @param {Omit<import('./route/route_config.js').RouteConfig, 'address'>} [announced]  what all have in common that are
   *   announced, if these are to be served
   */
  constructor(configs, broker, registry, version, announced) {
    this.#broker = broker;
    this.#droppedMessages = new DroppedMessages(broker, (count) => {
      this.notices.brokerDropped += count;
    });
    this.#clock = new ClockWatch((sentence) => broker.log.warn(sentence));
    const names = new ServedNames();
    const budget = new MemoryBudget();
    const instance = randomBytes(8).toString('hex');
    const digits = instance.slice(0, 8);
    this.part = `bridge:${digits}`;
    const about = { part: this.part, component: 'bridge', name: digits, instance, version };
    const publish = (/** @type {string} */ topic, /** @type {string} */ payload) => broker.publishNow(topic, payload);
    this.#stats = new StatsPublisher(registry, about, () => this.missing, publish, broker.log);
    const metrics = new BridgeMetrics(registry, budget, broker, this.notices);
    addReady(registry, () => this.missing.length === 0);
    /** @param {import('./route/route_config.js').RouteConfig} config @param {boolean} mayTakeOver */
    const make = (config, mayTakeOver) =>
      new Route(config, broker, { names, budget, metrics, notices: this.notices, instance, mayTakeOver });
    if (announced) {
      /** @param {string} name @param {string} address */
      const makeAnnounced = (name, address) => make({ ...announced, name, address, isAnnounced: true }, false);
      this.#routes = [new Discovery(broker, makeAnnounced)];
      return;
    }
    this.#routes =
      configs.length === 1
        ? [make(configs[0], true)]
        : configs.map((config) => new KeptRoute(config.address, (mayTakeOver) => make(config, mayTakeOver)));
  }

  /**
   * What is missing for quotes to be decided and orders to be published, and why, and what a person has to know although
   * nothing is: a line for each.
   */
  get missing() {
    const { shown, fault } = this.#broker;
    const lines = this.#routes.flatMap((route) => (fault ? route.fault : route.missing)).filter(Boolean);
    const troubles = this.#routes.flatMap((route) => route.troubles);
    const dropped = this.#droppedMessages.trouble;
    const ofBroker = [fault, dropped].filter(Boolean).map((sentence) => `broker ${shown}: ${sentence}`);
    return [...ofBroker, ...lines, ...troubles, this.#clock.trouble].filter(Boolean);
  }

  /**
   * Carry quotes until `stop`, or until `count` of them are decided and published.
   * @throws {UserError} if the only route fails
   */
  async run() {
    this.#stats.start();
    this.#droppedMessages.start();
    try {
      await Promise.all(this.#routes.map((route) => route.run()));
    } finally {
      this.#stats.stop();
      await this.#droppedMessages.stop();
    }
  }

  /** End once the batches under way are published and acknowledged, if that is possible soon. */
  stop() {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#broker.log.info('asked to stop: stopping');
    for (const route of this.#routes) route.stop();
  }
}

import { Route } from './route/route.js';

/** Starts and stops the route of an algorithm. */
export class Bridge {
  #broker;
  #route;
  #isStopping = false;

  /**
   * @param {import('./route/route.js').RouteConfig} config
   * @param {import('./mqtt/broker_link.js').BrokerLink} broker
   */
  constructor(config, broker) {
    this.#broker = broker;
    this.#route = new Route(config, broker);
  }

  /** What is missing for quotes to be decided and orders to be published, and why: a line for each. */
  get missing() {
    const { shown, fault } = this.#broker;
    const line = fault ? this.#route.fault : this.#route.missing;
    const lines = line ? [line] : [];
    return fault ? [`broker ${shown}: ${fault}`, ...lines] : lines;
  }

  /**
   * Carry quotes until `stop`, or until `count` of them are decided and published.
   * @throws {UserError} if the route fails
   */
  run() {
    return this.#route.run();
  }

  /** End once the batch under way is published and acknowledged, if that is possible soon. */
  stop() {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#broker.log.info('asked to stop: stopping');
    this.#route.stop();
  }
}

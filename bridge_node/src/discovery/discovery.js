import { forgetSession } from '../mqtt/forget_session.js';
import { KeptRoute } from '../route/kept_route.js';
import { sessionsOf } from '../route/topics.js';
import { Deferred } from '../support/deferred.js';
import { shown } from '../support/errors.js';
import { AnnouncedRoute } from './announced_route.js';
import { Announcements } from './announcements.js';

/** Algorithms that are followed; a broker may retain any number of records. */
const MAX_ALGORITHMS = 1000;

/** Gives every algorithm that is announced a route, as long as it is there. */
export class Discovery {
  #broker;
  #make;
  #announcements;
  /** By name. @type {Map<string, AnnouncedRoute>} */
  #algorithms = new Map();
  /** Resolves on `stop`; rejects if a route fails by an error that is not reported. */
  #ended = new Deferred();
  /** What is announced from then on begins nothing. */
  #isEnding = false;

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {(name: string, address: string) => import('../route/route.js').Route} make  called for each attempt to
   *   serve an algorithm
   */
  constructor(broker, make) {
    this.#broker = broker;
    this.#make = make;
    this.#announcements = new Announcements(broker, {
      announced: (record) => this.#follow(record),
      forgotten: (name) => this.#forget(name),
    });
  }

  /** Why no backend can be used at present: a line for each of those that are announced. */
  get fault() {
    return [...this.#algorithms.values()].map((each) => each.fault);
  }

  /**
   * What is missing for quotes to be decided: a line for each algorithm that is being started, or whose client id another
   * client takes, and if none is served, for each of all. One that is away does not keep the bridge from being ready for
   * the others.
   */
  get missing() {
    const { isReady, topic } = this.#announcements;
    if (!isReady) return [`the broker has not confirmed the subscription to ${topic} yet`];
    const all = [...this.#algorithms.values()].filter((each) => !each.isGone);
    const isServed = all.some((each) => each.isServed);
    const lines = all.filter((each) => each.isStarting || each.isTaken || !isServed).map((each) => each.missing);
    if (isServed || lines.some(Boolean)) return lines;
    return [all.length === 0 ? `no algorithm is announced on ${topic}` : `every algorithm on ${topic} is offline`];
  }

  /** What a person has to know although quotes are decided, a line each. */
  get troubles() {
    return [...this.#algorithms.values()].flatMap((each) => each.troubles);
  }

  /** Run until `stop`. */
  async run() {
    this.#announcements.start();
    try {
      await this.#ended.promise;
    } finally {
      this.#isEnding = true;
      this.#announcements.retire();
      await Promise.all([...this.#algorithms.values()].map((each) => each.stop()));
      await this.#announcements.stop();
    }
  }

  /** End all routes once the batches under way are published and acknowledged, if that is possible soon. */
  stop() {
    this.#isEnding = true;
    this.#ended.resolve();
  }

  /** @param {import('./record.js').AlgoRecord} record */
  #follow(record) {
    if (this.#isEnding) return;
    const { name, state, address } = record;
    if (!this.#algorithms.has(name)) {
      if (!this.#hasRoom()) {
        this.#broker.log.error(`${shown(name, 80)} is not served: ${MAX_ALGORITHMS} algorithms are announced already`);
        return;
      }
      this.#algorithms.set(name, this.#announced(name));
    }
    this.#broker.log.debug({ state, address }, `${name} is announced`);
    this.#algorithms.get(name)?.follow(record);
  }

  /** @param {string} name */
  #forget(name) {
    const algorithm = this.#algorithms.get(name);
    if (!algorithm) return;
    this.#broker.log.warn(`${name} is forgotten: it is not served any more, and what waits for it is dropped`);
    algorithm.forget();
  }

  #hasRoom() {
    for (const [name, algorithm] of this.#algorithms) if (algorithm.isGone) this.#algorithms.delete(name);
    return this.#algorithms.size < MAX_ALGORITHMS;
  }

  /** @param {string} name */
  #announced(name) {
    const broker = this.#broker;
    return new AnnouncedRoute(
      ({ address }) => new KeptRoute(address, () => this.#make(name, address), false),
      async (signal) => {
        for (const session of sessionsOf(name)) await forgetSession(broker, session, signal);
      },
      (error) => this.#ended.reject(error),
    );
  }
}

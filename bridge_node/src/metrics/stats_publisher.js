import { reason } from '../support/errors.js';
import { topicLevel } from '../support/topic_level.js';
import { samplesOf, statsText } from './stats.js';

/** ms between two messages. */
const INTERVAL = 1000;

/** Publishes the metrics of a part once a second, as long as the broker takes them. */
export class StatsPublisher {
  #registry;
  #about;
  #reasons;
  #publish;
  #log;
  #hasFailed = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {import('@platformatic/prom-client').Registry} registry
   * @param {Omit<import('./stats.js').About, 'since'>} about
   * @param {() => string[]} reasons  why the part is of no use at present
   * @param {(topic: string, payload: string) => void} publish  once, now or never
   * @param {import('../support/log.js').Log} log
   */
  constructor(registry, about, reasons, publish, log) {
    this.#log = log;
    this.#registry = registry;
    this.#about = { ...about, since: new Date(performance.timeOrigin).toISOString() };
    this.#reasons = reasons;
    this.#publish = publish;
  }

  start() {
    this.#timer = setInterval(() => void this.#tell(), INTERVAL).unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #tell() {
    try {
      const samples = await samplesOf(this.#registry);
      this.#publish(`stats/${topicLevel(this.#about.part)}`, statsText(this.#about, this.#reasons(), samples));
    } catch (error) {
      // a mistake in the program, which must not end what decides quotes
      if (!this.#hasFailed) this.#log.error(`the metrics cannot be published on stats/: ${reason(error)}`);
      this.#hasFailed = true;
    }
  }
}

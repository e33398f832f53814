import { addOutputs } from './topics.js';

/**
 * Seconds of orders and fills that are published again after a connection to the broker was lost.
 *
 * mosquitto saves its messages every `autosave_interval` (5 s in mosquitto/mosquitto.conf); if it is killed,
 * it loses those that came since, whether they were acknowledged or not. The window is that interval, the
 * second of mosquitto's clock, and ample time for writing a large file. Orders have ids, so an order that is
 * published again is the same order.
 */
const WINDOW = 20;

/** How far back the broker may have lost messages: from WINDOW before the connection was lost until now. */
export class LossWindow {
  #upSince = -Infinity;
  #lostAt = performance.now();
  #decidedAt = performance.now();

  /** @param {import('../mqtt/connection.js').Connection} connection */
  constructor(connection) {
    connection.on('up', () => {
      this.#upSince = performance.now();
    });
    connection.on('down', () => {
      // Losses that follow one another closely count as one: what waited through the first was
      // published after it, and the broker may have lost it in the second.
      if (performance.now() - this.#upSince > WINDOW * 1000) this.#lostAt = performance.now();
    });
  }

  /** Record that quotes were decided now. */
  decided() {
    this.#decidedAt = performance.now();
  }

  /** Seconds, counted back from the latest decision, or from one before. */
  get seconds() {
    return WINDOW + Math.max(0, this.#decidedAt - this.#lostAt) / 1000;
  }
}

/**
 * Publish the orders and fills of the latest decisions again, in order, page by page.
 * @param {import('../backend/backend.js').Backend} backend
 * @param {number} seconds  counted back from the latest decision that is confirmed, or the latest if none is
 * @param {ReturnType<typeof import('./topics.js').outputTopics>} topics
 * @param {import('../mqtt/publisher.js').Publish} publish  rejects if the connection is lost again
 * @returns {Promise<number | undefined>} the seq of the last decision whose outputs the broker has confirmed now;
 *   undefined if there is none
 */
export async function republish(backend, seconds, topics, publish) {
  let after = 0;
  for (;;) {
    const page = await backend.outputsSince(seconds, after);
    if (page.length === 0) return after || undefined;
    /** @type {import('../mqtt/publisher.js').Publication[]} */
    const publications = [];
    for (const decision of page) addOutputs(publications, decision, topics);
    await publish(publications);
    after = page[page.length - 1].seq;
  }
}

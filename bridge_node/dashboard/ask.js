/** Questions and commands: what is published, and the reply to it. */

import { topicLevel } from '#shared/support/topic_level.js';

/** ms after which a reply is no longer awaited. */
const PATIENCE = 15_000;
/** ms after which a command is not carried out any more. */
const COMMAND_EXPIRES = 10_000;

export const UNHEARD = `no reply within ${PATIENCE / 1000} s: the bridge, or the algorithm, is busy or away`;

/** A question or a command that came to nothing; the message is a sentence for the person. */
export class AskError extends Error {}

export class Asking {
  #relay;
  #store;
  #count = 0;

  /**
   * @param {import('./relay.js').Relay} relay
   * @param {import('./store.js').Store} store
   */
  constructor(relay, store) {
    this.#relay = relay;
    this.#store = store;
  }

  /**
   * Ask about the past of an algorithm (contracts/README.md, "Queries").
   * @param {string} algo
   * @param {string} query
   * @param {object} [options]
   * @returns {Promise<any>} the result
   * @throws {AskError} if there is no reply, or the reply is a refusal
   */
  async query(algo, query, options = {}) {
    const client = this.#store.hello?.client ?? '';
    const id = this.#newId(client);
    const topic = `queries/${topicLevel(algo)}`;
    const replies = `replies/${topicLevel(algo)}/${client}`;
    const reply = await this.#send(topic, { id, client, query, ...options }, replies, id);
    if (!reply.ok) throw new AskError(reply.text ?? reply.error ?? 'it was refused');
    return reply.result;
  }

  /**
   * Have a command carried out (contracts/README.md, "Commands").
   * @param {string} algo
   * @param {{command: string, by: string, [field: string]: unknown}} command  `by` is who asks: the journal keeps it
   * @returns {Promise<any>} the reply, which may say that it was refused
   * @throws {AskError} if there is no reply
   */
  command(algo, command) {
    const level = topicLevel(algo);
    const id = this.#newId(`dashboard-${this.#store.hello?.client ?? ''}`);
    const expires = new Date(this.#store.now + COMMAND_EXPIRES).toISOString();
    return this.#send(`commands/${level}`, { id, expires, ...command }, `replies/${level}`, id);
  }

  /** @param {string} prefix */
  #newId(prefix) {
    this.#count += 1;
    return `${prefix}-${Date.now().toString(36)}-${this.#count}`;
  }

  /**
   * @param {string} topic
   * @param {object} message
   * @param {string} replies  the topic of the reply
   * @param {string} id
   * @returns {Promise<any>}
   */
  #send(topic, message, replies, id) {
    return new Promise((resolve, reject) => {
      const { listeners } = this.#store;
      const end = () => {
        listeners.delete(listen);
        clearTimeout(patience);
      };
      const listen = (/** @type {string} */ from, /** @type {any} */ reply) => {
        if (from !== replies || reply?.id !== id) return;
        end();
        resolve(reply);
      };
      const patience = setTimeout(() => {
        end();
        reject(new AskError(UNHEARD));
      }, PATIENCE);
      listeners.add(listen);
      if (this.#relay.publish(topic, message)) return;
      end();
      reject(new AskError('there is no connection to the bridge'));
    });
  }
}

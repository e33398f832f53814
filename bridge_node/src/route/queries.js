import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { LIMITS } from '../messages/limits.js';
import { readQuery } from '../messages/query.js';
import { Responder } from '../mqtt/responder.js';
import { MessageError, reason } from '../support/errors.js';
import { LineLimit } from '../support/line_limit.js';
import { topicLevel } from '../support/topic_level.js';
import { errorRecord } from './error_record.js';
import { outputTopics, queryTopic } from './topics.js';

/** @typedef {import('../messages/query.js').Query} Query */

/** ms after which a question is answered that the backend has not answered. */
const MAX_PATIENCE = 10_000;
/** Refusals that the broker has not confirmed; more are not published. */
const MAX_REFUSALS = 100;

/**
 * Has questions about the past of one algorithm answered by its backend. They are no inputs: none waits behind quotes, or
 * delays them, and what was asked while the bridge was away is not answered.
 *
 * The route calls `start`, once, when the algorithm's name is known.
 */
export class Queries {
  #backend;
  #log;
  #refused;
  #patience;
  #responder;
  #algo = '';
  #errors = '';
  /** Questions that the backend has not answered, or the reply to which the broker has not confirmed. */
  #underWay = 0;
  #refusals = 0;
  #isFlooded = false;
  #lines = { refused: new LineLimit(), dropped: new LineLimit() };

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {Pick<import('../backend/backend.js').Backend, 'ready' | 'fault' | 'address' | 'has' | 'query'>} backend
   * @param {(code: string) => void} refused  called for each message that does not say who asks
   * @param {number} patience  ms that the backend has for an answer
   */
  constructor(broker, backend, refused, patience = MAX_PATIENCE) {
    this.#backend = backend;
    this.#refused = refused;
    this.#patience = patience;
    this.#log = broker.log;
    this.#responder = new Responder(broker, 'tickwire-queries', (payload) => this.#receive(payload));
  }

  /** @param {string} algo  the algorithm's name */
  start(algo) {
    this.#algo = algo;
    this.#errors = outputTopics(algo).errors;
    this.#responder.start(queryTopic(algo));
  }

  /** Make no other connection, and log nothing when this one ends. */
  retire() {
    this.#responder.retire();
  }

  stop() {
    return this.#responder.stop();
  }

  /**
   * @param {Buffer} payload
   * @returns {Promise<void>} resolves when the next may come: a refusal is published before, and an answer after
   */
  async #receive(payload) {
    let query;
    try {
      query = readQuery(payload);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      await this.#report(payload, error);
      return;
    }
    const fault = query.fault || this.#fault();
    if (fault) await this.#refuse(this.#replyTopic(query), this.#reply(query, { fault }));
    else void this.#answer(query);
  }

  /** Why nothing can be asked at present, as a sentence; empty if it can. */
  #fault() {
    const { ready, fault, address } = this.#backend;
    if (!ready) return `the backend of ${this.#algo}, ${address}, is not ready: ${fault || 'it is being admitted'}`;
    if (!this.#backend.has('query')) {
      return `the backend of ${this.#algo} answers no questions about the past: it has no method "query"`;
    }
    if (this.#underWay < LIMITS.queries) return '';
    return `${LIMITS.queries} questions about ${this.#algo} are under way: ask again when they are answered`;
  }

  /** @param {Query} query */
  async #answer(query) {
    const topic = this.#replyTopic(query);
    this.#underWay += 1;
    const asked = this.#ask(query);
    const settled = new AbortController();
    const late = sleep(this.#patience, undefined, { signal: settled.signal, ref: false }).then(
      () => ({ fault: `the backend of ${this.#algo} has not answered within ${this.#patience / 1000} seconds` }),
      () => ({ fault: '' }),
    );
    const reply = this.#reply(query, await Promise.race([asked, late]));
    settled.abort();
    const max = Math.min(LIMITS.bytes, this.#responder.maxPayloadBytes(topic));
    const fault = `the answer has ${reply.length} bytes, and at most ${max} can be published: ask for less`;
    await this.#responder.publish(topic, reply.length > max ? this.#reply(query, { fault }) : reply);
    await asked; // one that hangs counts, so that no more than a few do
    this.#underWay -= 1;
  }

  /**
   * @param {Query} query
   * @returns {Promise<{result?: Uint8Array, fault?: string}>} the result as JSON, unread; or why there is none
   */
  async #ask({ question }) {
    try {
      const { result, error } = (await this.#backend.query(question)) ?? {};
      if (result instanceof Uint8Array) return { result };
      if (error instanceof Uint8Array) return { fault: Buffer.from(error).toString() };
      return {
        fault: `the method "query" of the backend of ${this.#algo} returned neither "result" nor "error" as text`,
      };
    } catch (error) {
      if (error instanceof LostRemoteError) return { fault: `the backend of ${this.#algo} is lost: ask again` };
      if (error instanceof RemoteError) return { fault: `${error.name}: ${error.message}` };
      return { fault: reason(error) };
    }
  }

  /**
   * @param {Query} query
   * @param {{result?: Uint8Array, fault?: string}} outcome
   * @returns {Buffer} the reply (contracts/answer.schema.json)
   */
  #reply({ id, question }, { result, fault }) {
    const query = typeof question.query === 'string' ? question.query : null;
    const head = { id, algo: this.#algo, query, ok: result !== undefined };
    if (!result) return Buffer.from(JSON.stringify({ ...head, text: fault }));
    return Buffer.concat([Buffer.from(`${JSON.stringify(head).slice(0, -1)},"result":`), result, Buffer.from('}')]);
  }

  /** @param {Query} query */
  #replyTopic({ client }) {
    return `replies/${topicLevel(this.#algo)}/${client}`;
  }

  /**
   * Record a message that does not say who asks.
   * @param {Buffer} payload
   * @param {MessageError} error
   */
  #report(payload, { code, message: sentence }) {
    const topic = queryTopic(this.#algo);
    this.#log[this.#lines.refused.next()]({ topic, length: payload.length, code }, `refused: ${sentence}`);
    this.#refused(code);
    const sha256 = createHash('sha256').update(payload).digest('hex');
    return this.#refuse(this.#errors, errorRecord({ topic, payload, bytes: payload.length, sha256 }, code, sentence));
  }

  /**
   * Publish why there is no answer; not if too many of those before are not confirmed.
   * @param {string} topic
   * @param {string | Buffer} payload
   */
  async #refuse(topic, payload) {
    if (this.#refusals >= MAX_REFUSALS) {
      if (!this.#isFlooded) {
        const level = this.#lines.dropped.next();
        this.#log[level](`more questions about ${this.#algo} come than can be refused: they are dropped`);
      }
      this.#isFlooded = true;
      return;
    }
    this.#refusals += 1;
    await this.#responder.publish(topic, payload);
    this.#refusals -= 1;
    if (this.#refusals === 0) this.#isFlooded = false;
  }
}

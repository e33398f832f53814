import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, LostRemoteError, RefusedError, RemoteError } from '../../zerorpc/index.js';
import { Backoff } from '../support/backoff.js';
import { Deferred } from '../support/deferred.js';
import { reason, UserError } from '../support/errors.js';
import { readDecisions } from './decisions.js';
import { initialised } from './initialised.js';
import { RepeatedCalls } from './repeated_calls.js';
import { decisionOf } from './returned.js';
import { Successor } from './successor.js';

/**
 * @typedef {import('./decisions.js').Outcome} Outcome
 * @typedef {import('../messages/quote.js').Quote} Quote
 */

/** ms before an unavailable backend is logged. */
const PATIENCE = 1000;
/** ms after which the reason why it is unavailable is read again. */
const NEXT_LOOK = 10_000;
/** ms from the loss of a backend until it is logged. */
const MOMENT = 100;

/**
 * Admits a backend. The Backend calls it after each successful `initialize`, when `name`, `channels` and
 * `journalSeq` are known and before `ready` is emitted; no quote is decided until it resolves. If it rejects
 * with a UserError, `run` rejects with it; with a LostRemoteError, the Backend connects again. It resolves to false if
 * it had to wait: what the backend has told may have changed meanwhile, and it is initialised again.
 * @typedef {() => Promise<boolean>} Admit
 */

/**
 * The algorithm service at an address, in whatever language: connected and initialised again whenever it
 * was lost. It may be moved to another address; what is under way there is tried again here.
 *
 * Emits `ready` after each `initialize`, once it is admitted, `lost` when the connection has ended,
 * `unavailable` while it is silent, and `left` when the connection has ended or it has moved.
 */
export class Backend extends EventEmitter {
  #config;
  #admit;
  #standby;
  #log;
  #address;
  #client;
  #fault = 'it has not answered yet';
  /** Whether the present connection is the last one. */
  #isLast = false;
  #isClosed = false;
  #closed = new Deferred();
  #calls;
  #isReady = false;
  /** @type {Set<string>} */
  #methods = new Set();
  /** @type {Set<import('../messages/kinds.js').Kind>} */
  #inputs = new Set();

  /** The algorithm's name on the wire, known once `ready` was emitted. */
  name = '';
  /** @type {string[]} */
  channels = [];
  /** The number of decisions in its journal at `initialize`; undefined if it has no journal. @type {number | undefined} */
  journalSeq;
  /** Which journal it has, as far as it says so. @type {string | null | undefined} */
  journalId;

  /**
   * @param {{address: string} & import('./initialised.js').Config} config
   * @param {import('../support/log.js').Log} log
   * @param {Admit} admit
   * @param {import('./standby.js').MayOpen} standby
   */
  constructor(config, log, admit = async () => true, standby = async () => {}) {
    super();
    this.#config = config;
    this.#admit = admit;
    this.#standby = standby;
    this.#log = log;
    this.#address = config.address;
    this.#client = this.#newClient();
    this.#calls = new RepeatedCalls(this, log);
  }

  /** Where it is at present. */
  get address() {
    return this.#address;
  }

  /** The connection to it at present. */
  get client() {
    return this.#client;
  }

  /** Whether nobody waits for its answers any more. */
  get isClosed() {
    return this.#isClosed;
  }

  /** Whether it is connected, initialised and admitted. */
  get ready() {
    return this.#isReady;
  }

  /** Why it is not connected and initialised, as a sentence; empty if it is. */
  get fault() {
    return this.#fault;
  }

  /** What a person has to know of a backend that is ready, as a sentence; empty if there is nothing. */
  get trouble() {
    return this.#isReady ? this.#calls.trouble : '';
  }

  /** Whether the service has a `snapshot` to publish. */
  get hasSnapshot() {
    return this.#methods.has('snapshot');
  }

  /** Whether it keeps its decisions, and with them what a person has halted. */
  get hasJournal() {
    return this.#methods.has('orders_since');
  }

  /** Whether it decides on commands; if not, they are the bridge's to carry out. */
  get takesCommands() {
    return this.#inputs.has('command');
  }

  /**
   * Keep connected until `close`.
   * @throws {UserError} if the backend is not an algorithm, refuses to initialize, or is not admitted
   */
  async run() {
    const backoff = new Backoff();
    while (!this.#isLast) {
      let client = this.#client;
      try {
        client = await this.#connect();
        await this.#initialize();
        if (this.#isLast) return;
        if (!(await this.#admit())) continue;
        backoff.reset();
        this.#isReady = client === this.#client && client.connected;
      } catch (error) {
        if (this.#isLast) return;
        if (client !== this.#client) continue; // it has moved meanwhile
        if (error instanceof UserError) throw error;
        if (!(error instanceof LostRemoteError)) {
          throw new UserError(`the backend at ${this.#address} cannot be used: ${reason(error)}`);
        }
        this.#fault = reason(error);
        this.#log.warn(`backend ${this.#address}: ${this.#fault}`);
        await sleep(backoff.next());
      }
      if (!this.#isReady) continue;
      this.#log.info({ channels: this.channels }, `backend ${this.#address} is ready`);
      this.emit('ready');
      await Promise.race([once(this, 'left'), this.#closed.promise]);
      if (client !== this.#client) continue;
      // a bridge that is stopped together with its backend has received its signal meanwhile
      await Promise.race([sleep(MOMENT), this.#closed.promise]);
      if (!this.#isLast) this.#log.warn(`backend ${this.#address} is lost; waiting for it`);
    }
  }

  /**
   * Go to another address, or connect anew to the same; what is under way is tried again there. Not after `retire`.
   * @param {string} address
   */
  moveTo(address) {
    const before = this.#client;
    this.#isReady = false;
    this.#fault = 'it has not answered yet';
    this.#address = address;
    this.#client = this.#newClient();
    void before.close();
    this.emit('left');
  }

  /**
   * Decide on inputs, in order; it tries again until it has an answer.
   * @param {import('../messages/kinds.js').Input[]} inputs  of the kinds that the backend takes
   * @param {{header: Record<string, unknown>, seq: number | undefined}} call  entries for the header of `events`; gets
   *   the count of decisions after it, if the backend tells that
   * @returns {Promise<Outcome[]>} one per input
   * @throws {UserError} if the answer is not that of the contract
   */
  async decide(inputs, call) {
    if (this.#methods.has('events')) {
      const { value, header } = await this.#calls.call('events', inputs, call.header);
      if (Number.isSafeInteger(header.seq)) call.seq = header.seq;
      return readDecisions(value, inputs.length);
    }
    const outcomes = [];
    for (const quote of inputs) outcomes.push(await this.#event(/** @type {Quote} */ (quote)));
    return outcomes;
  }

  /**
   * Decide on a command before the backend is admitted, and so before all other inputs.
   * @param {import('../messages/command.js').Command} command
   * @returns {Promise<Outcome>}
   * @throws {LostRemoteError} if the backend is lost meanwhile
   */
  async decideFirst(command) {
    return readDecisions(await this.#calls.eventsBeforeReady([command]), 1)[0];
  }

  /**
   * @returns {Promise<{seq: number} & Record<string, unknown>>}
   * @throws {LostRemoteError} if the backend is unavailable, or not admitted yet
   */
  async snapshot() {
    // before it is admitted its snapshot may be older than the published one
    if (!this.#isReady) throw new LostRemoteError('it is not ready');
    return this.#client.invoke('snapshot');
  }

  /**
   * The orders, fills, data and replies of the latest decisions, one page per call; empty for a backend that keeps none.
   * @param {number} seconds  counted back from the latest decision that is confirmed, or the latest if none is
   * @param {number} after  only those with a greater seq
   * @returns {Promise<({seq: number} & import('./decisions.js').Decision)[]>}
   */
  async outputsSince(seconds, after) {
    if (!this.#methods.has('orders_since')) return [];
    return this.#calls.call('orders_since', seconds, after);
  }

  /**
   * Whether it has a method.
   * @param {string} method
   */
  has(method) {
    return this.#methods.has(method);
  }

  /**
   * Call a method once.
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   * @throws {LostRemoteError} if it is lost: it is not known whether the call was carried out
   */
  ask(method, ...args) {
    return this.#client.invoke(method, ...args);
  }

  /**
   * Ask about the past, once.
   * @param {Record<string, unknown>} question
   * @returns {Promise<any>} what the contract's `query` returns, with texts as bytes
   * @throws {LostRemoteError} if it is lost meanwhile
   */
  query(question) {
    return this.#client.invokeRaw('query', question);
  }

  /** Make no other connection, and log nothing when this one ends: we are about to close it. */
  retire() {
    this.#isLast = true;
  }

  async close() {
    this.retire();
    this.#isClosed = true;
    await this.#client.close();
    this.#closed.resolve();
  }

  /** Resolves when it is ready, or closed. */
  async whenReady() {
    while (!this.#isReady && !this.#isClosed) await Promise.race([once(this, 'ready'), this.#closed.promise]);
  }

  /**
   * Another service, which is reached by the same keys.
   * @param {string} address
   */
  successor(address) {
    return new Successor(address, this.#config.curve, this.#log);
  }

  #newClient() {
    // what is published is JSON, whose numbers are doubles
    const client = new Client(this.#address, { bigint: false, curve: this.#config.curve });
    client.on('lost', (error) => {
      this.#isReady = false;
      this.#fault = reason(error);
      this.emit('left');
      this.emit('lost');
    });
    return client;
  }

  /** @returns {Promise<Client>} that is connected */
  async #connect() {
    let isReported = false;
    for (;;) {
      const client = this.#client;
      try {
        await client.connect({ timeout: isReported ? NEXT_LOOK : PATIENCE });
        this.#fault = 'it is being initialised';
        return client;
      } catch (error) {
        if (this.#isLast) throw error;
        if (client !== this.#client) continue; // it has moved
        this.#fault = reason(error);
        if (!isReported) this.#log.warn(`backend ${this.#address} is unavailable; waiting for it${whyRefused(error)}`);
        isReported = true;
        this.emit('unavailable');
      }
    }
  }

  async #initialize() {
    const client = this.#client;
    const found = await initialised(client, this.#config, this.name, this.#standby, this.#log);
    this.#methods = found.methods;
    this.#inputs = found.inputs;
    this.channels = found.channels;
    this.journalSeq = found.journalSeq;
    this.journalId = found.journalId;
    this.name = found.name;
    this.#fault = '';
  }

  /**
   * @param {Quote} quote
   * @returns {Promise<Outcome>}
   */
  async #event(quote) {
    try {
      return decisionOf(await this.#calls.call('event', quote), quote, this.name);
    } catch (error) {
      if (this.#isClosed || error instanceof LostRemoteError) throw error;
      if (!(error instanceof Error)) throw error;
      const traceback = error instanceof RemoteError ? (error.traceback ?? undefined) : undefined;
      return { error: `${error.name}: ${error.message}`, traceback };
    }
  }
}

/**
 * @param {unknown} error  of an attempt to connect
 * @returns {string} the end of a sentence about it, if keys are the reason
 */
function whyRefused(error) {
  const { cause } = /** @type {Error} */ (error);
  return cause instanceof RefusedError ? `: ${cause.message} (--curve-keys)` : '';
}

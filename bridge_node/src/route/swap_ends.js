import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { reason, UserError } from '../support/errors.js';

/** A swap is not carried out; the message says why. */
export class SwapRefusal extends Error {}

/** The two backends of a swap. What one of them refuses becomes a SwapRefusal. */
export class SwapEnds {
  /** Whether the backend before is neither awaited nor asked where it does not answer. */
  isForced;
  backend;
  next;
  from;
  to;

  /**
   * @param {import('../messages/command.js').Command} command  a swap
   * @param {import('../backend/backend.js').Backend} backend  that serves
   */
  constructor(command, backend) {
    this.isForced = command.force === true;
    this.backend = backend;
    this.from = backend.address;
    this.to = /** @type {string} */ (command.to);
    this.next = backend.successor(this.to);
  }

  /** @throws {SwapRefusal} if the new backend cannot be used */
  async connect() {
    try {
      await this.next.connect();
    } catch (error) {
      throw new SwapRefusal(`the backend at ${this.to} cannot be used: ${reason(error)}`);
    }
  }

  /**
   * Call a method of the new backend.
   * @param {string} method
   * @param {...unknown} args
   */
  askNext(method, ...args) {
    return this.#try(method, () => this.next.ask(method, ...args));
  }

  /**
   * Initialise the new backend.
   * @param {string} algo
   * @param {Record<string, unknown>} params
   * @param {string[]} [channels]  in place of those that it returns
   */
  initializeNext(algo, params, channels) {
    return this.#try('initialize', () => this.next.initialize(algo, params, channels));
  }

  /**
   * Call a method of the backend before.
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>} undefined if it is lost, and the swap is forced
   */
  async askBackend(method, ...args) {
    try {
      return await this.backend.ask(method, ...args);
    } catch (error) {
      if (error instanceof RemoteError) throw new SwapRefusal(`the backend at ${this.from}: ${error.message}`);
      if (!(error instanceof LostRemoteError)) throw error;
      if (!this.isForced) throw this.silent();
      return undefined;
    }
  }

  /** Why a swap is refused that is not forced, where the backend before does not answer. */
  silent() {
    return new SwapRefusal(
      `the backend at ${this.from} does not answer: if it is dead, and stays so, --force swaps away from it`,
    );
  }

  /**
   * @template T
   * @param {string} method  of the new backend
   * @param {() => Promise<T>} call
   */
  async #try(method, call) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RemoteError || error instanceof LostRemoteError || error instanceof UserError))
        throw error;
      throw new SwapRefusal(`${method} of the backend at ${this.to} failed: ${reason(error)}`);
    }
  }
}

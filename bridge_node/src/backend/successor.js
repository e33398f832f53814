import { Client, RemoteError } from '../../zerorpc/index.js';
import { checkChannels, checkOwnData } from './channels.js';
import { describe } from './description.js';
import { checkKinds, inputsOf } from './inputs.js';
import { methodsOf } from './methods.js';

/** ms within which it has to be reached. */
const PATIENCE = 3000;

/**
 * The algorithm service that a swap goes to, before it serves. Its user calls `connect` first and `close` last.
 * A call rejects with a RemoteError if the service refuses, and with a LostRemoteError if it is lost.
 */
export class Successor {
  #client;
  #log;
  /** @type {Set<string>} */
  #methods = new Set();

  /** The name of its algorithm; empty if it reports none. */
  name = '';

  /**
   * @param {string} address
   * @param {import('./initialised.js').Keys | undefined} curve  with them it is reached by CURVE alone
   * @param {import('../support/log.js').Log} log
   */
  constructor(address, curve, log) {
    this.#client = new Client(address, { bigint: false, curve });
    this.#log = log;
  }

  get address() {
    return this.#client.address;
  }

  /** @throws {Error} if nothing answers there, or no algorithm */
  async connect() {
    await this.#client.connect({ timeout: PATIENCE });
    this.#methods = await methodsOf(this.#client);
    if (this.#methods.has('snapshot')) this.name = (await describe(this.#client, this.#log)).algo ?? '';
  }

  /**
   * Whether it has a method.
   * @param {string} method
   */
  has(method) {
    return this.#methods.has(method);
  }

  /**
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  ask(method, ...args) {
    return this.#client.invoke(method, ...args);
  }

  /**
   * Initialise it, to see whether it can be used.
   * @param {string} algo  the name of the algorithm
   * @param {Record<string, unknown>} params
   * @param {string[]} [given]  channels in place of those that it returns
   * @throws {UserError} if it is of no use with its channels
   */
  async initialize(algo, params, given) {
    const channels = given ?? checkChannels(await this.#client.invoke('initialize', params));
    checkKinds(channels, await inputsOf(this.#client, this.#methods), 'initialize');
    checkOwnData(channels, algo, 'initialize');
  }

  close() {
    return this.#client.close();
  }
}

/**
 * Ask a service for its standing, or have it change that.
 * @param {Successor} successor  which is closed afterwards
 * @param {import('../support/log.js').Log} log
 * @param {'journal' | 'take_back'} method  which returns its standing
 * @param {...unknown} args
 * @returns {Promise<import('./standby.js').Standing | undefined>} undefined if it does not answer, or refuses
 */
export async function standingOf(successor, log, method = 'journal', ...args) {
  try {
    await successor.connect();
    return successor.has(method) ? await successor.ask(method, ...args) : undefined;
  } catch (error) {
    if (error instanceof RemoteError) log.warn(`the backend at ${successor.address}: ${error.message}`);
    return undefined;
  } finally {
    await successor.close();
  }
}

import { Client, RemoteError } from '../../zerorpc/index.js';
import { checkChannels } from './channels.js';
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
   * @param {import('../support/log.js').Log} log
   */
  constructor(address, log) {
    this.#client = new Client(address, { bigint: false });
    this.#log = log;
  }

  /** @throws {Error} if nothing answers there, or no algorithm */
  async connect() {
    await this.#client.connect({ timeout: PATIENCE });
    this.#methods = await methodsOf(this.#client);
    if (this.#methods.has('snapshot')) this.name = (await describe(this.#client, this.#log)).algo ?? '';
  }

  /** Whether a journal can be handed over to it. */
  get canAcquire() {
    return this.#methods.has('acquire');
  }

  /** @returns {Promise<import('./standby.js').Standing>} which journal it has */
  standing() {
    return this.#client.invoke('journal');
  }

  /**
   * Have it open its journal.
   * @param {number} epoch
   * @returns {Promise<import('./standby.js').Standing>}
   */
  acquire(epoch) {
    return this.#client.invoke('acquire', epoch);
  }

  /** Have it close its journal. */
  release() {
    return this.#client.invoke('release');
  }

  /**
   * Initialise it, to see whether it can be used.
   * @param {Record<string, unknown>} params
   * @param {string[]} [given]  channels in place of those that it returns
   */
  async initialize(params, given) {
    const channels = given ?? checkChannels(await this.#client.invoke('initialize', params));
    checkKinds(channels, await inputsOf(this.#client, this.#methods), 'initialize');
  }

  close() {
    return this.#client.close();
  }
}

/**
 * Whether the service at an address has its journal open.
 * @param {string} address
 * @param {import('../support/log.js').Log} log
 */
export async function hasOpened(address, log) {
  const successor = new Successor(address, log);
  try {
    await successor.connect();
    return successor.canAcquire && (await successor.standing()).is_open;
  } catch (error) {
    if (error instanceof RemoteError) log.warn(`the backend at ${address}: ${error.message}`);
    return false;
  } finally {
    await successor.close();
  }
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Reply } from 'zeromq';

import { readPublic } from './certificate.js';
import { z85 } from './z85.js';

const ENDPOINT = 'inproc://zeromq.zap.01';
/** ms between two looks whether those that were admitted still are. */
const LOOK = 1000;

/**
 * Which clients a server admits: those whose public keys are in a folder at the moment of their handshake. libzmq asks
 * whoever listens at that endpoint of the server's context, by ZAP (https://rfc.zeromq.org/spec/27).
 */
export class Admission {
  #clients;
  #refusals;
  #onRemoved;
  #socket;
  /** Keys of clients that may be connected. @type {Set<string>} */
  #admitted = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {import('zeromq').Context} context  that of the server, and of no other
   * @param {string} clients  the folder
   * @param {import('./refusals.js').Refusals} refusals
   * @param {() => void} onRemoved  a client that was admitted is so no more: libzmq does not end its connection
   */
  constructor(context, clients, refusals, onRemoved) {
    this.#clients = clients;
    this.#refusals = refusals;
    this.#onRemoved = onRemoved;
    this.#socket = new Reply({ context, linger: 0 });
  }

  /** Begin, before the server listens. */
  async start() {
    await this.#socket.bind(ENDPOINT);
    void this.#answer();
    this.#timer = setInterval(() => this.#look(), LOOK).unref();
  }

  close() {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  async #answer() {
    for await (const [version, request, , address, , mechanism, key] of this.#socket) {
      const isKey = mechanism.toString() === 'CURVE' && key?.length === 32;
      const isAdmitted = isKey && this.#isAdmitted(z85(key), address.toString());
      const [status, text] = isAdmitted ? ['200', 'OK'] : ['400', 'No'];
      await this.#socket.send([version, request, status, text, '', '']);
    }
  }

  /**
   * @param {string} key
   * @param {string} address
   */
  #isAdmitted(key, address) {
    if (this.#keys().has(key)) {
      this.#admitted.add(key);
      return true;
    }
    const where = address || 'a process of this machine';
    this.#refusals.note(`refused a client from ${where}: its public key ${key} is not in ${this.#clients}`);
    return false;
  }

  #look() {
    if (this.#admitted.size === 0) return;
    const keys = this.#keys();
    if ([...this.#admitted].every((key) => keys.has(key))) return;
    this.#admitted.clear();
    this.#onRemoved();
  }

  /** @returns {Set<string>} none if the folder cannot be read */
  #keys() {
    const keys = new Set();
    try {
      for (const name of readdirSync(this.#clients)) {
        if (name.endsWith('.key')) this.#add(join(this.#clients, name), keys);
      }
    } catch (error) {
      this.#refusals.note(`no client is admitted: ${/** @type {Error} */ (error).message}`);
    }
    return keys;
  }

  /**
   * @param {string} file
   * @param {Set<string>} keys
   */
  #add(file, keys) {
    try {
      keys.add(readPublic(file));
    } catch (error) {
      this.#refusals.note(`it admits nobody: ${/** @type {Error} */ (error).message}`);
    }
  }
}

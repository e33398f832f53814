import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import { foreignPage, isOwnOrigin, nameIn } from './hosts.js';

/** Names under which this computer is reached by itself alone. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
/** ms in which one refusal of a kind is logged. */
const QUIET = 10_000;

/**
 * Who may see the dashboard, and use its relay: whoever has the token, from a page of this server.
 *
 * Without the check of Host a website could have its own name resolve to 127.0.0.1, and so be of "this server"
 * (DNS rebinding); without that of Origin any website that the trader visits could open the WebSocket.
 */
export class Admission {
  #hosts;
  #digest;
  #log;
  /** When a refusal was logged last, by its kind. @type {Map<string, number>} */
  #logged = new Map();

  /**
   * @param {string[]} hosts  by which the server is reached besides the names of loopback; the port does not matter
   * @param {import('../support/log.js').Log} log
   * @param {string} [token]  by default a random one
   */
  constructor(hosts, log, token = randomBytes(16).toString('hex')) {
    this.token = token;
    this.#digest = digest(token);
    this.#hosts = new Set([...LOOPBACK, ...hosts.map(nameIn)]);
    this.#log = log;
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {string} why it is refused, a sentence; empty if it is not
   */
  refusal({ headers: { host = '', origin } }) {
    if (!this.#hosts.has(nameIn(host))) {
      return `the host "${host.slice(0, 100)}" is not one of this server: add it by --http-host, if it should be`;
    }
    return isOwnOrigin(origin, host) ? '' : foreignPage(origin);
  }

  /** @param {unknown} token  that somebody has sent */
  isToken(token) {
    return typeof token === 'string' && timingSafeEqual(digest(token), this.#digest);
  }

  /**
   * Log that something was refused; of several of a kind in a short time, the first.
   * @param {string} kind
   * @param {string | undefined} address  of whoever asked
   * @param {string} why
   */
  report(kind, address, why) {
    const now = performance.now();
    if (now - (this.#logged.get(kind) ?? -Infinity) < QUIET) return;
    this.#logged.set(kind, now);
    this.#log.warn({ address }, `dashboard: refused: ${why}`);
  }
}

/** Of the same length, whatever the text: it tells nothing of how much of a token was right. @param {string} text */
const digest = (text) => createHash('sha256').update(text).digest();

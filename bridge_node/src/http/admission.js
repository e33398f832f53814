import { createHash, timingSafeEqual } from 'node:crypto';

import { foreignPage, isOwnOrigin, nameIn } from './hosts.js';

/** Names under which this computer is reached by itself alone. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
/** ms in which one refusal of a kind is logged. */
const QUIET = 10_000;

/** @typedef {'operator' | 'viewer'} Role  an operator may do all that a page can, a viewer looks on */

/**
 * Who may see the dashboard, and use its relay: whoever has a token, from a page of this server.
 *
 * Without the check of Host a website could have its own name resolve to 127.0.0.1, and so be of "this server"
 * (DNS rebinding); without that of Origin any website that the trader visits could open the WebSocket.
 */
export class Admission {
  /** Names of this server, without a port. @type {string[]} */
  hosts;
  /** Those that are reached by TLS alone. @type {Set<string>} */
  #secure;
  /** Of the tokens. @type {Map<Role, Buffer>} */
  #digests = new Map();
  #log;
  /** When a refusal was logged last, by its kind. @type {Map<string, number>} */
  #logged = new Map();

  /**
   * @param {string[]} hosts  by which the server is reached besides the names of loopback, with `https://` before it if only
   *   by TLS; the port does not matter
   * @param {import('../support/log.js').Log} log
   * @param {Record<Role, string | undefined>} tokens  without that of a role nobody has it
   */
  constructor(hosts, log, tokens) {
    this.hosts = [...LOOPBACK, ...hosts.map(withoutScheme).map(nameIn)];
    this.#secure = new Set(
      hosts
        .filter((host) => host.startsWith('https:'))
        .map(withoutScheme)
        .map(nameIn),
    );
    this.#log = log;
    for (const role of /** @type {const} */ (['operator', 'viewer'])) {
      const token = tokens[role];
      if (token !== undefined) this.#digests.set(role, digest(token));
    }
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {string} why it is refused, a sentence; empty if it is not
   */
  refusal({ headers: { host = '', origin } }) {
    if (!this.hosts.includes(nameIn(host))) {
      return `the host "${host.slice(0, 100)}" is not one of this server: add it by --http-host, if it should be`;
    }
    const isPlain = origin?.startsWith('http:') && this.#secure.has(nameIn(host));
    return isOwnOrigin(origin, host) && !isPlain ? '' : foreignPage(origin);
  }

  /**
   * @param {unknown} token  that somebody has sent
   * @returns {Role | undefined} undefined if it is none of this server
   */
  roleOf(token) {
    if (typeof token !== 'string') return undefined;
    const sent = digest(token);
    // each is compared, whichever it is: the time tells nothing
    const found = [...this.#digests].filter(([, own]) => timingSafeEqual(sent, own));
    return found[0]?.[0];
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

/** @param {string} host */
const withoutScheme = (host) => host.replace(/^https?:\/\//, '');

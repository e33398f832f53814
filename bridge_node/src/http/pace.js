import { Rate } from '../support/rate.js';
import { DASHBOARD, HTTP } from './bounds.js';

/** Keeps those who ask again and again from taking the time of the thread that does everything. */
export class Pace {
  #requests = new Rate(HTTP.requests);
  #metrics = new Rate(HTTP.metrics);
  #files = new Rate(DASHBOARD.files);
  /** By connection. @type {WeakMap<import('node:stream').Duplex, Rate>} */
  #filesOfOne = new WeakMap();

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {boolean} [isFile]  whether it is for a file of the page
   * @returns {import('./server.js').Answer | undefined} why it is not answered, if it is not
   */
  refused({ url = '', socket }, isFile) {
    if (isFile ? this.#ofOne(socket).take() && this.#files.take() : this.#takeOther(url)) return undefined;
    return { status: 429, headers: { 'retry-after': '1' }, body: { error: 'too many requests come in a second' } };
  }

  /** @param {string} url */
  #takeOther(url) {
    return this.#requests.take() && (!url.startsWith('/metrics') || this.#metrics.take());
  }

  /** @param {import('node:stream').Duplex} socket */
  #ofOne(socket) {
    const rate = this.#filesOfOne.get(socket) ?? new Rate(DASHBOARD.filesOfOne);
    this.#filesOfOne.set(socket, rate);
    return rate;
  }
}

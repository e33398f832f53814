import { ZerorpcError } from './errors.js';
import { Client as AwaitedClient } from './client/client.js';

/** ms for which a call waits for a server, as in npm's `zerorpc`. */
const MAX_WAIT = 30_000;

/**
 * A client with the calls of npm's `zerorpc`, for programs that were written for it: it connects in the background, and
 * again when the connection was lost, and answers by callbacks. Its streams are those of the other Client only.
 */
export class Client {
  /** @type {AwaitedClient | undefined} */
  #client;

  /** @param {string} address  of the server, for instance `tcp://127.0.0.1:4242` */
  connect(address) {
    void this.#client?.close();
    this.#client = new AwaitedClient(address);
  }

  /**
   * Calls a method; `invoke(method, …arguments, callback)`.
   * @param {string} method
   * @param {...any} rest  the arguments, then the callback, `(error, value, more) => …`; `more` is false
   */
  invoke(method, ...rest) {
    const callback = typeof rest.at(-1) === 'function' ? rest.pop() : () => {};
    this.#call(method, rest).then(
      (value) => callback(null, value, false),
      (error) => callback(error, undefined, false),
    );
  }

  close() {
    void this.#client?.close();
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   */
  async #call(method, args) {
    if (!this.#client) throw new ZerorpcError(`cannot call "${method}": connect() first`);
    await this.#client.connect({ timeout: MAX_WAIT });
    return this.#client.invoke(method, ...args);
  }
}

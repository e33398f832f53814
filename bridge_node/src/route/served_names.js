import { UserError } from '../support/errors.js';

export const SECOND_SERVICE =
  'A second service of one algorithm needs a name of its own: algo-service serve --name NAME, or bridge-node --name NAME for a backend without a name';

/** The names of the algorithms that one bridge serves: two routes with one name would share a session and a claim. */
export class ServedNames {
  /** The address of the backend, by name. @type {Map<string, string>} */
  #addresses = new Map();

  /**
   * Take a name for a route, until it is released.
   * @param {string} name
   * @param {string} address  of the route's backend
   * @throws {UserError} if another route has it
   */
  take(name, address) {
    const other = this.#addresses.get(name) ?? address;
    if (other !== address) {
      throw new UserError(
        `the backends at ${other} and ${address} have one name, ${name}, and only the first is used. ${SECOND_SERVICE}`,
      );
    }
    this.#addresses.set(name, address);
  }

  /**
   * @param {string} name
   * @param {string} address  of the route's backend, which perhaps never had the name
   */
  release(name, address) {
    if (this.#addresses.get(name) === address) this.#addresses.delete(name);
  }
}

// The methods of cases.json in JavaScript: `node cases.js ADDRESS PERIOD`, the period in ms. Prints the address.
import { setTimeout as sleep } from 'node:timers/promises';

import { Server } from '../../index.js';

class ValueError extends Error {}

class Cases {
  /**
   * @param {any} a
   * @param {any} b
   */
  add(a, b = 2) {
    return a + b;
  }

  /** @param {number} n */
  *broken(n) {
    yield* this.count(n);
    throw new ValueError(`broken after ${n}`);
  }

  /** @param {number} n */
  *count(n) {
    for (let i = 0; i < n; i += 1) yield i;
  }

  /** @param {unknown[]} values */
  each(values) {
    return values.values();
  }

  /** @param {unknown} value */
  echo(value) {
    return value;
  }

  fail() {
    throw new ValueError('no price: “€ ½”');
  }

  /** @param {unknown} value */
  kind(value) {
    if (value === null) return 'nil';
    if (value instanceof Uint8Array) return 'bin';
    if (Array.isArray(value)) return 'list';
    if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'float';
    return { bigint: 'int', boolean: 'bool', string: 'str', object: 'map' }[/** @type {string} */ (typeof value)];
  }

  nothing() {}

  /**
   * @param {number} seconds
   * @param {unknown} value
   */
  async sleep(seconds, value) {
    await sleep(seconds * 1000);
    return value;
  }

  /**
   * @param {number} n
   * @param {number} seconds
   */
  async *slowly(n, seconds) {
    for (let i = 0; i < n; i += 1) {
      await sleep(seconds * 1000);
      yield i;
    }
  }

  _secret() {}
}
Object.assign(Cases.prototype.add, { doc: 'Add two values.\n\nThe second is 2, if it is left out.' });

const [address, period] = process.argv.slice(2);
const server = new Server(new Cases(), { heartbeat: Number(period) });
console.log(await server.bind(address));

import { Credit } from '../wire/credit.js';
import { encodeEvent } from '../wire/envelope.js';
import { Pulse } from '../wire/pulse.js';
import { describeFailure } from './failure.js';

/** Items of a stream in one turn of the event loop, however much credit there is: heartbeats come between. */
const ITEMS_PER_TURN = 100;

/**
 * One call at a server, from its first event to the last one of its answer, or to the loss of its caller.
 */
export class ServedCall {
  // Python's command line sends no beat before it has heard one: the first comes at the first look.
  pulse = new Pulse(0);
  #credit = new Credit();
  #link;
  #id;
  #method;
  #args;
  #isOpen = true;
  /** @type {AsyncIterator<unknown> | Iterator<unknown> | undefined} */
  #items;

  /**
   * @param {object} opening
   * @param {import('../wire/envelope.js').Id} opening.id  as the caller has written it
   * @param {string} opening.method
   * @param {unknown[]} opening.args
   * @param {number} opening.size  of its message, in bytes
   * @param {object} link
   * @param {(payload: Uint8Array) => Promise<boolean>} link.send  resolves with whether the caller can be reached
   * @param {() => string} link.newId
   * @param {(call: ServedCall) => void} link.onEnd  called once
   */
  constructor({ id, method, args, size }, link) {
    this.#id = id;
    this.#method = method;
    this.#args = args;
    this.size = size;
    this.#link = link;
  }

  /** Runs the method and answers. @param {(args: unknown[]) => unknown} run */
  async answer(run) {
    if (!this.#isOpen) return;
    try {
      const args = this.#args;
      this.#args = [];
      const value = await run(args);
      if (isIterator(value)) await this.#stream(value);
      else await this.#send('OK', [value]);
    } catch (error) {
      await this.fail(...describeFailure(error));
    } finally {
      this.end();
    }
  }

  /**
   * @param {string} name
   * @param {string} message
   * @param {string | null} traceback
   */
  async fail(name, message, traceback) {
    await this.#send('ERR', [name, message, traceback]);
    this.end();
  }

  /** A later event of the caller. @param {import('../wire/envelope.js').Event} event */
  take({ name, args }) {
    if (name === '_zpc_hb') this.pulse.hear();
    else this.#credit.more(args);
  }

  beat() {
    void this.#deliver(this.#encode('_zpc_hb', [0]));
  }

  /** Nothing is sent any more; a stream is closed, so that its `finally` runs. */
  end() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#credit.end();
    void close(this.#items);
    this.#link.onEnd(this);
  }

  /** @param {AsyncIterator<unknown> | Iterator<unknown>} items */
  async #stream(items) {
    this.#items = items;
    for (let count = 1; await this.#credit.available(); count += 1) {
      const { value, done } = await items.next();
      if (done) {
        this.#items = undefined;
        await this.#send('STREAM_DONE', null);
        return;
      }
      await this.#send('STREAM', await value);
      if (count % ITEMS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /**
   * Sends an event that costs credit, when there is some.
   * @param {string} name
   * @param {unknown} args
   */
  async #send(name, args) {
    const payload = this.#encode(name, args);
    if (!(await this.#credit.available())) return;
    this.#credit.spend();
    await this.#deliver(payload);
  }

  /**
   * @param {string} name
   * @param {unknown} args
   */
  #encode(name, args) {
    return encodeEvent(this.#link.newId(), name, args, this.#id, `the value of "${this.#method}"`);
  }

  /** @param {Uint8Array} payload */
  async #deliver(payload) {
    if (!(await this.#link.send(payload))) this.end();
  }
}

/**
 * Generators are; arrays and texts, which only can be iterated, are plain values.
 * @param {any} value
 * @returns {value is AsyncIterator<unknown> | Iterator<unknown>}
 */
function isIterator(value) {
  return (
    typeof value?.next === 'function' &&
    (typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function')
  );
}

/** @param {AsyncIterator<unknown> | Iterator<unknown> | undefined} items */
async function close(items) {
  try {
    await items?.return?.();
  } catch {
    // nobody is left to tell
  }
}

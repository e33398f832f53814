import { LostRemoteError, ProtocolError, RemoteError } from '../errors.js';
import { Pulse } from '../wire/pulse.js';

/** @typedef {import('./connection.js').OpenCall} OpenCall */

/** Looks at a call without a beat: one of less than a period costs none. Python allows three periods for the first. */
const QUIET = 1;

/**
 * A call that waits for its answer.
 *
 * @implements {OpenCall}
 */
export class Call {
  pulse = new Pulse(QUIET);
  beating = false;

  /**
   * @param {string} id
   * @param {string} method
   * @param {import('@msgpack/msgpack').Decoder} decoder  of its answer
   * @param {(value: any, header: any) => void} resolve
   * @param {(error: Error) => void} reject
   */
  constructor(id, method, decoder, resolve, reject) {
    this.id = id;
    this.method = method;
    this.decoder = decoder;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** @param {import('../wire/envelope.js').Event} event */
  take({ header, name, args }) {
    if (name === 'OK' && Array.isArray(args) && args.length === 1) this.resolve(args[0], header);
    else if (name === 'STREAM' || name === 'STREAM_DONE') {
      this.reject(new ProtocolError(`"${this.method}" was answered with a stream: call it with stream()`));
    } else this.reject(errorOf(this.method, name, args));
    return true;
  }

  /** @param {Error} reason */
  end(reason) {
    this.reject(cutOff(this.method, reason));
  }
}

/**
 * The error that an event stands for which is no value.
 * @param {string} method
 * @param {string} name
 * @param {unknown} args
 */
export function errorOf(method, name, args) {
  if (name === 'ERR' && isErrorTriple(args)) return new RemoteError(...args);
  const what =
    name === 'ERR'
      ? 'an ERR whose arguments are not name, message and traceback'
      : name === 'OK'
        ? 'an OK whose arguments are not one value'
        : `the unknown event ${JSON.stringify(name)}`;
  return new ProtocolError(`"${method}" was answered with ${what}`);
}

/**
 * @param {string} method
 * @param {Error} reason
 */
export function cutOff(method, reason) {
  return new LostRemoteError(`the call of "${method}" was cut off: ${reason.message}`, { cause: reason });
}

/**
 * @param {unknown} args
 * @returns {args is [string, string, string | null]}
 */
function isErrorTriple(args) {
  if (!Array.isArray(args) || args.length !== 3) return false;
  const [name, message, traceback] = args;
  return (
    typeof name === 'string' && typeof message === 'string' && (typeof traceback === 'string' || traceback === null)
  );
}

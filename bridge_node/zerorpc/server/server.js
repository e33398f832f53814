import { randomBytes } from 'node:crypto';

import { checkListeningAddress } from '../address.js';
import { Gate } from '../curve/gate.js';
import { checkPeriod, DEFAULTS } from '../defaults.js';
import { decodeEvent, readHeader, textOf, VERSION } from '../wire/envelope.js';
import { MAX_CALLS, MAX_CALLS_SIZE, MAX_ID_SIZE } from '../wire/limits.js';
import { ServedCall } from './call.js';
import { collectMethods, UnknownMethod } from './methods.js';
import { ServerSocket } from './socket.js';

/** ms for which calls are begun in one turn of the event loop. */
const TURN = 10;

/**
 * A server of the functions of an object, for any number of callers.
 *
 * Methods are called with that object as `this`, in the order in which calls arrive; those that return promises overlap. What a generator yields is a stream. Nothing that a caller sends
 * ends the server.
 */
export class Server {
  /** Messages that are no event of a call, since the server was made; most are of a peer that is none of ZeroRPC. */
  dropped = 0;

  #exposed;
  #methods;
  #period;
  #socket;
  #isReceiving = false;
  #isClosed = false;
  /** @type {Map<string, ServedCall>}  by caller and id */
  #calls = new Map();
  #callsSize = 0;
  /** @type {(() => void)[]}  calls that were not begun */
  #queue = [];
  #idPrefix = randomBytes(8).toString('hex');
  #idCount = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #lastLook = 0;

  /**
   * @param {object} exposed  the object whose functions may be called; not those whose names begin with `_`
   * @param {object} [options]
   * @param {string} [options.name]  by default that of the object's class
   * @param {number} [options.heartbeat]  the period in ms, that of the clients
   * @param {import('../curve/keys.js').ServerKeys} [options.curve]  with them it is reached by CURVE alone
   * @param {(sentence: string) => void} [options.onRefused]  called with a sentence about a client that is not admitted; by default it is a
   *   warning of the process
   */
  constructor(exposed, options = {}) {
    const { name = exposed?.constructor?.name ?? 'Object', heartbeat = DEFAULTS.heartbeat } = options;
    const { curve, onRefused = (sentence) => process.emitWarning(sentence, 'CurveWarning') } = options;
    checkPeriod(heartbeat);
    this.#socket = new ServerSocket(curve && new Gate(curve, onRefused));
    this.#exposed = exposed;
    this.#methods = collectMethods(exposed, name);
    this.#period = heartbeat;
  }

  /** The number of calls that are under way. */
  get calls() {
    return this.#calls.size;
  }

  /**
   * Listens at an address; a server may listen at several.
   * @param {string} address  such as `tcp://127.0.0.1:4242`, `tcp://*:4242` or, with any free port, `tcp://127.0.0.1:0`
   * @returns {Promise<string>}  the address, with the port
   * @throws {TypeError} if it is not an address
   * @throws {import('../errors.js').ZerorpcError} if it cannot be listened at, or the server is closed
   */
  async bind(address) {
    checkListeningAddress(address);
    const bound = await this.#socket.bind(address);
    if (!this.#isReceiving) void this.#receive();
    return bound;
  }

  /** Listens no longer. Answers that were given are delivered; calls under way get none. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#queue = [];
    for (const call of this.#calls.values()) call.end();
    this.#socket.close();
  }

  async #receive() {
    this.#isReceiving = true;
    await this.#socket.receive((peer, payload) => {
      if (!this.#read(peer, payload)) this.dropped += 1;
    });
  }

  /**
   * @param {Buffer} peer
   * @param {Buffer} payload
   * @returns {boolean}  whether it is an event of a call
   */
  #read(peer, payload) {
    const header = readHeader(payload);
    const isFirst = header?.response_to === undefined;
    const id = isFirst ? header?.message_id : header.response_to;
    const text = textOf(id);
    if (header?.v !== VERSION || text === undefined || text.length > MAX_ID_SIZE) return false;
    const key = `${peer.toString('latin1')}/${text}`;
    return isFirst ? this.#open(key, peer, id, payload) : this.#pass(key, payload);
  }

  /**
   * @param {string} key
   * @param {Buffer} payload
   */
  #pass(key, payload) {
    try {
      const event = decodeEvent(payload);
      // callers have nothing to add but these; those that cross the answer are no fault
      if (!event.name.startsWith('_zpc_')) return false;
      this.#calls.get(key)?.take(event);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * @param {string} key
   * @param {Buffer} peer
   * @param {import('../wire/envelope.js').Id} id
   * @param {Buffer} payload
   */
  #open(key, peer, id, payload) {
    if (this.#calls.has(key)) return false;
    let event;
    let objection = '';
    try {
      event = decodeEvent(payload);
      if (event.name.startsWith('_zpc_')) return false;
      if (!Array.isArray(event.args)) objection = 'its arguments are not a list';
    } catch (error) {
      objection = `its arguments cannot be read: ${/** @type {Error} */ (error).message}`;
    }
    const { name = '', args = [] } = event ?? {};
    const call = new ServedCall(
      { id, method: name, args, size: payload.length },
      {
        send: (answer) => this.#socket.send(peer, answer),
        newId: () => this.#newId(),
        onEnd: () => {
          this.#calls.delete(key);
          this.#callsSize -= payload.length;
        },
      },
    );
    this.#calls.set(key, call);
    this.#callsSize += payload.length;
    if (objection) void call.fail('ProtocolError', `the call is none: ${objection}`, null);
    else if (this.#calls.size > MAX_CALLS || this.#callsSize > MAX_CALLS_SIZE) {
      void call.fail('TooManyCalls', 'the server has as many calls under way as it takes; call again later', null);
    } else this.#begin(call, name);
    return true;
  }

  /**
   * @param {ServedCall} call
   * @param {string} name
   */
  #begin(call, name) {
    this.#startLooking();
    this.#queue.push(() => {
      void call.answer((args) => {
        const method = this.#methods.get(name);
        if (!method) throw new UnknownMethod(name);
        return method.apply(this.#exposed, args);
      });
    });
    if (this.#queue.length === 1) setImmediate(() => this.#runSome());
  }

  /** Runs what waits, for a while: methods may hold up the event loop, and beats have to come in between. */
  #runSome() {
    const start = performance.now();
    if (start - this.#lastLook > this.#period) this.#look();
    let count = 0;
    for (; count < this.#queue.length && performance.now() - start < TURN; count += 1) this.#queue[count]();
    this.#queue.splice(0, count);
    if (this.#queue.length > 0) setImmediate(() => this.#runSome());
  }

  #newId() {
    this.#idCount += 1;
    return `${this.#idPrefix}${this.#idCount.toString(16).padStart(16, '0')}`;
  }

  /** One timer for all calls; it ends at the first look that finds none. */
  #startLooking() {
    if (this.#timer) return;
    this.#lastLook = performance.now();
    // After the sockets of this turn: beats that have arrived already are counted before the verdict.
    this.#timer = setInterval(() => setImmediate(() => this.#look()), this.#period);
  }

  #look() {
    if (this.#isClosed) return;
    const now = performance.now();
    if (now - this.#lastLook < this.#period / 2) return; // the calls before were long, and this one is done
    const late = now - this.#lastLook > 1.5 * this.#period;
    this.#lastLook = now;
    if (this.#calls.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const call of this.#calls.values()) {
      if (call.pulse.look(late) === 'lost') call.end();
      else call.beat();
    }
  }
}

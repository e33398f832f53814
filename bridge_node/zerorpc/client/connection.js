import { randomBytes } from 'node:crypto';
import { Dealer } from 'zeromq';

import { LostRemoteError, ProtocolError } from '../errors.js';
import { decodeEvent, encodeEvent, EXACT, NEAREST, RAW, RAW_NEAREST, readResponseTo } from '../wire/envelope.js';
import { MAX_ANSWER_SIZE } from '../wire/limits.js';
import { Call } from './call.js';
import { refusal } from './refusal.js';
import { Stream } from './stream.js';

const DELIMITER = Buffer.alloc(0);

// In ms. If ZeroMQ reconnected by itself, it would deliver queued calls to the next peer at that address.
// Its own "never" (-1) also drops answers that have arrived and are unread.
const NEVER = 24 * 3_600_000;

/**
 * A call that is open on a connection.
 * @typedef {object} OpenCall
 * @property {string} id
 * @property {string} method
 * @property {import('@msgpack/msgpack').Decoder} decoder  of its answers
 * @property {import('../wire/pulse.js').Pulse} pulse
 * @property {boolean} beating  a beat is queued for it; no second one is queued before that is sent
 * @property {(event: import('../wire/envelope.js').Event) => boolean} take  an answer; returns whether it was the last
 * @property {(error: Error) => void} reject  an answer could not be read
 * @property {(reason: Error) => void} end  the connection ended
 */

/**
 * One TCP connection and the calls that are open on it. It does not reconnect: after a loss its owner makes a
 * new one, so that no call can reach a peer other than the one that it was meant for.
 */
export class Connection {
  #socket;
  #address;
  #period;
  #isExact;
  #keys;
  #isRefused = false;
  #onEnd;
  #onDrop;
  /** @type {'opening' | 'open' | 'ended'} */
  #state = 'opening';
  /** @type {Map<string, OpenCall>} */
  #calls = new Map();
  /** @type {{call: OpenCall, payload: Uint8Array | undefined}[]} */
  #outbox = [];
  #pumping = false;
  #idPrefix = randomBytes(8).toString('hex');
  #idCount = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #lastLook = 0;

  /**
   * @param {string} address
   * @param {object} options
   * @param {number} options.heartbeat  period in ms
   * @param {boolean} options.bigint  integers that no number holds are BigInts, not the nearest numbers
   * @param {import('../curve/keys.js').ClientKeys} [options.curve]  with them it connects by CURVE alone
   * @param {(error: Error, wasOpen: boolean) => void} options.onEnd  called once, after
   *   all calls were rejected; `wasOpen` is whether `onOpen` was called before
   * @param {() => void} options.onDrop  called for each frame that answers no open call
   */
  constructor(address, { heartbeat, bigint, curve, onEnd, onDrop }) {
    this.#address = address;
    this.#period = heartbeat;
    this.#isExact = bigint;
    this.#keys = curve;
    this.#onEnd = onEnd;
    this.#onDrop = onDrop;
    this.#socket = new Dealer({
      linger: 0, // what was not sent when the connection ends is never sent
      reconnectInterval: NEVER,
      maxMessageSize: MAX_ANSWER_SIZE,
      ipv6: address.includes('['), // libzmq otherwise looks up names as IPv6 only
      ...(curve && {
        curveServerKey: curve.serverKey,
        curvePublicKey: curve.publicKey,
        curveSecretKey: curve.secretKey,
      }),
    });
  }

  /** @param {() => void} onOpen  called at most once, when ZeroMQ's handshake is complete, before `onEnd` */
  open(onOpen) {
    this.#watch(onOpen); // before connecting: events are not kept for a later listener
    this.#socket.connect(this.#address);
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {boolean} isRaw  leave the texts in the answer as UTF-8 bytes
   * @returns {Promise<any>}
   */
  call(method, args, isRaw) {
    const id = this.#newId();
    const payload = encodeEvent(id, method, args);
    const decoder = this.#isExact ? (isRaw ? RAW : EXACT) : isRaw ? RAW_NEAREST : NEAREST;
    return new Promise((resolve, reject) => {
      this.#open(new Call(id, method, decoder, resolve, reject), payload);
    });
  }

  /**
   * Call a method with entries of the header, and leave the texts in the answer as UTF-8 bytes.
   * @param {string} method
   * @param {unknown[]} args
   * @param {Record<string, unknown>} entries
   * @returns {Promise<{value: any, header: any}>}
   */
  exchange(method, args, entries) {
    const id = this.#newId();
    const payload = encodeEvent(id, method, args, undefined, undefined, entries);
    return new Promise((resolve, reject) => {
      const answered = (/** @type {any} */ value, /** @type {any} */ header) => resolve({ value, header });
      this.#open(new Call(id, method, this.#isExact ? RAW : RAW_NEAREST, answered, reject), payload);
    });
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @returns {Stream}
   */
  stream(method, args) {
    const id = this.#newId();
    const payload = encodeEvent(id, method, args);
    const stream = new Stream(id, method, this.#isExact ? EXACT : NEAREST, {
      grant: (call, count) => this.#send(call, encodeEvent(this.#newId(), '_zpc_more', [count], bytesOf(id))),
      leave: (call) => this.#calls.delete(call.id),
    });
    this.#open(stream, payload);
    return stream;
  }

  /**
   * Rejects all open calls and closes the socket. Only the first reason counts.
   * @param {Error} reason
   */
  end(reason) {
    if (this.#state === 'ended') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'ended';
    clearInterval(this.#timer);
    this.#socket.close();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#outbox = [];
    for (const call of calls) call.end(reason);
    this.#onEnd(reason, wasOpen);
  }

  /**
   * @param {OpenCall} call
   * @param {Uint8Array} payload
   */
  #open(call, payload) {
    this.#calls.set(call.id, call);
    this.#startLooking();
    this.#send(call, payload);
  }

  #newId() {
    this.#idCount += 1;
    return `${this.#idPrefix}${this.#idCount.toString(16).padStart(16, '0')}`;
  }

  /** @param {() => void} onOpen */
  async #watch(onOpen) {
    try {
      for await (const event of this.#socket.events) {
        if (event.type === 'handshake' && this.#state === 'opening') {
          this.#state = 'open';
          this.#receive();
          onOpen();
        } else if (event.type.startsWith('handshake:error')) {
          this.#isRefused = true; // the disconnection that follows has no reason to tell
          void refusal(event, this.#address, this.#keys).then((error) => this.end(error));
        } else if ((event.type === 'disconnect' || event.type === 'close') && !this.#isRefused) {
          const reason = this.#state === 'opening' ? 'no ZeroMQ server listens at' : 'lost the connection to';
          // Answers that came before the end are already in the socket: the loop reads them first.
          setImmediate(() => this.end(new LostRemoteError(`${reason} ${this.#address}`)));
        }
      }
    } catch (cause) {
      this.end(new LostRemoteError(`cannot watch the connection to ${this.#address}`, { cause }));
    }
  }

  async #receive() {
    try {
      for await (const frames of this.#socket) this.#read(frames);
    } catch (cause) {
      this.end(new LostRemoteError(`cannot receive from ${this.#address}`, { cause }));
    }
  }

  /** @param {Buffer[]} frames */
  #read(frames) {
    // A DEALER gets ['', payload]; Python takes the last frame too (events.py, Events.recv).
    const payload = frames[frames.length - 1];
    const id = readResponseTo(payload);
    const call = id === undefined ? undefined : this.#calls.get(id);
    if (!call) {
      this.#onDrop();
      return;
    }
    let event;
    try {
      event = decodeEvent(payload, call.decoder);
      // the texts of an error are decoded
      if (event.name === 'ERR' && call.decoder !== EXACT) event = decodeEvent(payload);
    } catch (error) {
      const { message } = /** @type {import('../wire/envelope.js').UnreadableEvent} */ (error);
      this.#calls.delete(call.id);
      call.reject(new ProtocolError(`the answer to "${call.method}" is unreadable: ${message}`));
      return;
    }
    if (event.name === '_zpc_hb') call.pulse.hear();
    // credit for further events is not needed: a caller sends one, and starts with credit for it
    else if (event.name !== '_zpc_more' && call.take(event)) this.#calls.delete(call.id);
  }

  /**
   * @param {OpenCall} call
   * @param {Uint8Array} [payload]  none for a beat, which is encoded when its turn comes
   */
  #send(call, payload) {
    this.#outbox.push({ call, payload });
    if (!this.#pumping) this.#pump();
  }

  /** One send at a time: a second one throws EBUSY while the peer reads slowly. */
  async #pump() {
    this.#pumping = true;
    try {
      while (this.#outbox.length > 0) {
        const batch = this.#outbox;
        this.#outbox = [];
        for (const { call, payload } of batch) {
          if (payload) {
            await this.#socket.send([DELIMITER, payload]);
            continue;
          }
          // No beat after the answer: the peer has closed that channel.
          if (this.#calls.has(call.id)) {
            await this.#socket.send([DELIMITER, encodeEvent(this.#newId(), '_zpc_hb', [0], bytesOf(call.id))]);
          }
          call.beating = false;
        }
      }
    } catch (cause) {
      this.end(new LostRemoteError(`cannot send to ${this.#address}`, { cause }));
    } finally {
      this.#pumping = false;
    }
  }

  /** One timer for all open calls; it ends at the first look that finds no open call. */
  #startLooking() {
    if (this.#timer) return;
    this.#lastLook = performance.now();
    // Timers come before the sockets in a turn of the event loop, setImmediate comes after: beats
    // that have arrived already are counted before the verdict.
    this.#timer = setInterval(() => setImmediate(() => this.#look()), this.#period);
  }

  #look() {
    if (this.#state === 'ended') return;
    const now = performance.now();
    const late = now - this.#lastLook > 1.5 * this.#period;
    this.#lastLook = now;
    if (this.#calls.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    for (const call of this.#calls.values()) {
      const verdict = call.pulse.look(late);
      if (verdict === 'lost') {
        this.end(new LostRemoteError(`${this.#address} sent no heartbeat for ${2 * this.#period} ms`));
        return;
      }
      if (verdict === 'beat' && !call.beating) {
        call.beating = true;
        this.#send(call);
      }
    }
  }
}

/** The form of an id on the wire. @param {string} id */
function bytesOf(id) {
  return Buffer.from(id, 'latin1');
}

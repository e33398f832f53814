import { connect } from 'node:net';
import { Duplex } from 'node:stream';

import { PacketError, readFrame } from './packets.js';

const NOTHING = Buffer.alloc(0);
/** The most bytes of one read. */
const READ = 64 * 1024;

/**
 * A connection to the broker on which what comes is handed to `receive`.
 * @typedef {(receive: (bytes: Buffer) => void) => Duplex} Open
 */

/**
 * Takes packets before MQTT.js sees them.
 * @typedef {object} Taker
 * @property {(bytes: Buffer, first: number, frame: import('./packets.js').Frame) => boolean} take
 *   whether it takes the packet; `first` is its first byte
 * @property {() => void} [taken]  called after all the packets of one piece of data
 */

/**
 * The broker's connection as MQTT.js sees it, without the packets that are taken here.
 *
 * MQTT.js handles one packet at a time, which took half of all the time that the bridge had for a
 * quote. It keeps what is rare and intricate (connecting, the session, subscriptions, pings); quotes,
 * orders and their confirmations go past it, as many at a time as one read or write holds.
 */
export class Wire extends Duplex {
  #socket;
  /** @type {Taker | undefined} */
  #taker;
  /** What is not handled yet: the beginning of a packet, in pieces. @type {Buffer[]} */
  #pieces = [];
  #kept = 0;
  /** Bytes that have to be there before it is worth looking again. */
  #wanted = 1;
  #connected = false;
  #isHeld = false;
  #heardAt = performance.now();

  /** @param {Open} open */
  constructor(open) {
    super({ allowHalfOpen: false });
    const socket = open((bytes) => this.#receive(bytes));
    this.#socket = socket;
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /**
   * Go on behind the CONNACK, which MQTT.js has seen: what a resumed session brings right behind it
   * must not come before it is known that it was resumed.
   * @param {Taker | undefined} taker
   */
  begin(taker) {
    this.#taker = taker;
    this.#connected = true;
    this.#wanted = 1;
    if (this.#kept > 0) this.#receive(NOTHING);
  }

  /** Read no further for now: the broker, or the system, keeps what comes. */
  hold() {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** Read on. */
  release() {
    this.#isHeld = false;
    this.#socket.resume();
  }

  /**
   * Whether we listen, and have heard nothing for so long.
   * @param {number} ms
   */
  isSilent(ms) {
    return !this.#isHeld && performance.now() - this.#heardAt > ms;
  }

  /** @param {Buffer} data */
  #receive(data) {
    this.#heardAt = performance.now();
    this.#pieces.push(data);
    this.#kept += data.length;
    if (this.#kept < this.#wanted) return;
    const bytes = this.#pieces.length === 1 ? data : Buffer.concat(this.#pieces, this.#kept);
    this.#pieces = [];
    this.#kept = 0;
    let at;
    try {
      at = this.#handle(bytes);
    } catch (error) {
      if (!(error instanceof PacketError)) throw error; // a mistake of ours is not the broker's
      this.destroy(error);
      return;
    }
    if (at < bytes.length) {
      this.#pieces.push(bytes.subarray(at));
      this.#kept = bytes.length - at;
    }
    this.#taker?.taken?.();
  }

  /**
   * @param {Buffer} bytes
   * @returns {number} where the first packet begins that is not handled
   */
  #handle(bytes) {
    let at = 0;
    while (at < bytes.length) {
      const frame = readFrame(bytes, at);
      this.#wanted = (frame?.end ?? bytes.length + 1) - at;
      if (!frame || frame.end > bytes.length) return at;
      if (!this.#taker?.take(bytes, bytes[at], frame)) this.push(bytes.subarray(at, frame.end));
      at = frame.end;
      if (!this.#connected) {
        this.#wanted = Infinity; // until `begin`
        return at;
      }
    }
    this.#wanted = 1;
    return at;
  }

  /** @override */
  _read() {
    // what comes is pushed when it comes; it is little
  }

  /**
   * @override
   * @param {Buffer} chunk
   * @param {BufferEncoding} _encoding
   * @param {(error?: Error | null) => void} done
   */
  _write(chunk, _encoding, done) {
    this.#socket.write(chunk, done);
  }

  /**
   * @override
   * @param {{chunk: Buffer}[]} chunks
   * @param {(error?: Error | null) => void} done
   */
  _writev(chunks, done) {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  /**
   * @override
   * @param {() => void} done
   */
  _final(done) {
    this.#socket.end(done);
  }

  /**
   * @override
   * @param {Error | null} error
   * @param {(error: Error | null) => void} done
   */
  _destroy(error, done) {
    this.#socket.destroy();
    done(error);
  }
}

/**
 * Open a TCP connection that, once held, really reads no further: the pause of a common stream goes
 * on to read, and wakes the process for it, until its buffer is full.
 * @param {{host: string, port: number}} address
 * @returns {Open}
 */
export function overTcp({ host, port }) {
  return (receive) => {
    const callback = (/** @type {number} */ length, /** @type {Uint8Array} */ bytes) => {
      receive(Buffer.from(bytes.subarray(0, length)));
      return true;
    };
    return connect({ host, port, noDelay: true, onread: { buffer: Buffer.alloc(READ), callback } });
  };
}

/**
 * Read a connection that is there already, such as one over TLS. Each record of TLS, or message of a
 * WebSocket, comes by itself, and often holds one packet: those that came together are handed on together.
 * @param {Duplex} socket
 * @returns {Open}
 */
export function over(socket) {
  return (receive) => {
    /** @type {Buffer[]} */
    let pieces = [];
    const handOn = () => {
      if (pieces.length === 0) return;
      const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      pieces = [];
      receive(bytes);
    };
    // what came before the end is received before it
    for (const event of ['end', 'error', 'close']) socket.on(event, handOn);
    return socket.on('data', (bytes) => {
      if (pieces.push(bytes) === 1) setImmediate(handOn);
    });
  };
}

import { connect } from 'node:net';
import { Duplex } from 'node:stream';

import { PacketError, readFrame } from './packets.js';

const NOTHING = Buffer.alloc(0);
/** Bytes of one read. */
const MAX_READ = 64 * 1024;

/**
 * Opens the connection to the broker and returns its socket, which calls `receive` with each piece of data
 * in the order of arrival. PacketStream calls it once, in its constructor.
 * @typedef {(receive: (bytes: Buffer) => void) => Duplex} Open
 */

/**
 * Handles packets before MQTT.js sees them. PacketStream calls it, synchronously, from the moment of
 * `begin`: `handle` for each complete packet in the order of arrival, then `readDone` once for the piece
 * of data that they came in.
 * @typedef {object} PacketHandler
 * @property {(bytes: Buffer, first: number, frame: import('./packets.js').Frame) => boolean} handle
 *   returns whether it has handled the packet; if not, MQTT.js does. `first` is the packet's first byte;
 *   `bytes` may be kept. A PacketError ends the connection
 * @property {() => void} [readDone]
 */

/**
 * The broker's connection as MQTT.js sees it, without the packets that the PacketHandler has handled.
 *
 * MQTT.js handles one packet at a time, which took half of the bridge's time per message. It keeps
 * what is rare and intricate (connecting, the session, subscriptions, pings); the messages and their
 * confirmations bypass it, as many at a time as one read or write holds.
 */
export class PacketStream extends Duplex {
  #socket;
  /** @type {PacketHandler | undefined} */
  #handler;
  /** What is not handled yet: the beginning of a packet, in pieces. @type {Buffer[]} */
  #pieces = [];
  #kept = 0;
  /** Bytes that have to be there before a packet can be complete. */
  #wanted = 1;
  #connected = false;
  #isPaused = false;
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
   * Continue behind the CONNACK, which MQTT.js has seen: the messages of a resumed session, which follow it
   * at once, must not be handled before the session is known to be resumed.
   * @param {PacketHandler | undefined} handler
   */
  begin(handler) {
    this.#handler = handler;
    this.#connected = true;
    this.#wanted = 1;
    if (this.#kept > 0) this.#receive(NOTHING);
  }

  /** Stop reading: the broker, or the operating system, keeps what comes. */
  pauseReading() {
    this.#isPaused = true;
    this.#socket.pause();
  }

  /** Continue to read. */
  resumeReading() {
    this.#isPaused = false;
    this.#socket.resume();
  }

  /**
   * Whether we read, and have received nothing for this time.
   * @param {number} ms
   */
  isSilent(ms) {
    return !this.#isPaused && performance.now() - this.#heardAt > ms;
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
      at = this.#split(bytes);
    } catch (error) {
      if (!(error instanceof PacketError)) throw error; // a fault of ours, not of the broker
      this.destroy(error);
      return;
    }
    if (at < bytes.length) {
      this.#pieces.push(bytes.subarray(at));
      this.#kept = bytes.length - at;
    }
    this.#handler?.readDone?.();
  }

  /**
   * @param {Buffer} bytes
   * @returns {number} where the first incomplete packet begins
   */
  #split(bytes) {
    let at = 0;
    while (at < bytes.length) {
      const frame = readFrame(bytes, at);
      this.#wanted = (frame?.end ?? bytes.length + 1) - at;
      if (!frame || frame.end > bytes.length) return at;
      if (!this.#handler?.handle(bytes, bytes[at], frame)) this.push(bytes.subarray(at, frame.end));
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
    // packets are pushed when they come; they are few
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
 * Open a TCP connection that stops reading as soon as it is paused: an ordinary stream continues to read,
 * and wakes the process for it, until its buffer is full.
 * @param {{host: string, port: number}} address
 * @returns {Open}
 */
export function overTcp({ host, port }) {
  return (receive) => {
    const callback = (/** @type {number} */ length, /** @type {Uint8Array} */ bytes) => {
      receive(Buffer.from(bytes.subarray(0, length)));
      return true;
    };
    return connect({ host, port, noDelay: true, onread: { buffer: Buffer.alloc(MAX_READ), callback } });
  };
}

/**
 * Read a connection that exists already, such as one over TLS. Each record of TLS, or message of a
 * WebSocket, comes by itself and often holds one packet: those that came together are passed on together.
 * @param {Duplex} socket
 * @returns {Open}
 */
export function over(socket) {
  return (receive) => {
    /** @type {Buffer[]} */
    let pieces = [];
    const passOn = () => {
      if (pieces.length === 0) return;
      const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      pieces = [];
      receive(bytes);
    };
    // the data before the end is passed on before it
    for (const event of ['end', 'error', 'close']) socket.on(event, passOn);
    return socket.on('data', (bytes) => {
      if (pieces.push(bytes) === 1) setImmediate(passOn);
    });
  };
}

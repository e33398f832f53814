import { connect } from 'node:net';
import { Duplex } from 'node:stream';

import { now } from '../support/moment.js';
import { isLarge, PacketError, readFrame } from './packets.js';
import { Rooms } from './rooms.js';

const NOTHING = Buffer.alloc(0);
/** What a read has brought, of whichever connection: it is copied before the next read. */
const READ = Buffer.alloc(64 * 1024);

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
 *   `bytes` may be kept, unless the packet is large: then they are used again. A PacketError ends the connection
 * @property {() => void} [readDone]
 */

/**
 * The broker's connection as MQTT.js sees it, without the packets that the PacketHandler has handled.
 *
 * MQTT.js handles one packet at a time, which took half of the bridge's time per message. It keeps
 * what is rare and intricate (connecting, the session, subscriptions, pings); the messages and their
 * confirmations bypass it, as many at a time as one read or write holds.
 *
 * A large packet is put together in one of the Rooms. Until there is one for it, the reading stops.
 */
export class PacketStream extends Duplex {
  #socket;
  #rooms;
  /** @type {PacketHandler | undefined} */
  #handler;
  /** What is not handled yet: the beginning of a packet, in pieces. @type {Buffer[]} */
  #pieces = [];
  #kept = 0;
  /** Bytes that have to be there before a packet can be complete. */
  #wanted = 1;
  /** In which the first `#kept` bytes are, while a large packet is put together. @type {Buffer | undefined} */
  #room;
  /** Whether the packet whose beginning is kept is large. */
  #isLarge = false;
  #connected = false;
  #isPaused = false;
  #isReading = true;

  /** When data came last: one for all the messages of a read. */
  heard = now();

  /**
   * @param {Open} open
   * @param {Rooms} [rooms]  of all connections
   */
  constructor(open, rooms = new Rooms()) {
    super({ allowHalfOpen: false });
    this.#rooms = rooms;
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

  /** Stop reading, behind the large packet that is being read: the broker, or the operating system, keeps what comes. */
  pauseReading() {
    this.#isPaused = true;
    this.#steer();
  }

  /** Continue to read. */
  resumeReading() {
    this.#isPaused = false;
    this.#steer();
  }

  /**
   * Whether we read, or wait for those that have the rooms, and nothing has been received for this time.
   * @param {number} ms
   */
  isSilent(ms) {
    if (this.#isPaused && !this.#isReading) return false;
    return performance.now() - (this.#isReading ? this.heard.steady : this.#rooms.usedAt) > ms;
  }

  /** @param {Buffer} data */
  #receive(data) {
    this.heard = now();
    try {
      const rest = this.#room ? this.#fill(this.#room, data) : data;
      if (rest && this.#gather(rest)) this.#handler?.readDone?.();
    } catch (error) {
      if (!(error instanceof PacketError)) throw error; // a fault of ours, not of the broker
      this.destroy(error);
      return;
    }
    this.#steer();
  }

  /**
   * Handle the large packet in the room, if this completes it.
   * @param {Buffer} room
   * @param {Buffer} data
   * @returns {Buffer | undefined} what follows it; undefined if it is not complete
   */
  #fill(room, data) {
    const bytes = Math.min(data.length, this.#wanted - this.#kept);
    data.copy(room, this.#kept, 0, bytes);
    this.#rooms.usedAt = this.heard.steady;
    this.#kept += bytes;
    if (this.#kept < this.#wanted) return undefined;
    const packet = room.subarray(0, this.#kept);
    this.#kept = 0;
    this.#room = undefined;
    try {
      this.#split(packet);
    } finally {
      this.#rooms.release(room);
    }
    return data.subarray(bytes);
  }

  /**
   * Handle the packets that are complete with this, and keep the rest.
   * @param {Buffer} data
   * @returns {boolean} whether any may have been complete
   */
  #gather(data) {
    this.#pieces.push(data);
    this.#kept += data.length;
    if (this.#kept < this.#wanted) return false;
    const bytes = this.#pieces.length === 1 ? data : Buffer.concat(this.#pieces, this.#kept);
    this.#pieces = [];
    this.#kept = 0;
    const at = this.#split(bytes);
    if (at < bytes.length) {
      this.#pieces.push(bytes.subarray(at));
      this.#kept = bytes.length - at;
    }
    return true;
  }

  /**
   * @param {Buffer} bytes
   * @returns {number} where the first incomplete packet begins
   */
  #split(bytes) {
    this.#isLarge = false;
    let at = 0;
    while (at < bytes.length) {
      const frame = readFrame(bytes, at);
      this.#wanted = (frame?.end ?? bytes.length + 1) - at;
      if (!frame || frame.end > bytes.length) {
        this.#isLarge = frame !== undefined && isLarge(frame);
        return at;
      }
      if (!this.#handler?.handle(bytes, bytes[at], frame)) {
        const packet = bytes.subarray(at, frame.end);
        this.push(isLarge(frame) ? Buffer.from(packet) : packet); // MQTT.js keeps it
      }
      at = frame.end;
      if (!this.#connected) {
        this.#wanted = Infinity; // until `begin`
        return at;
      }
    }
    this.#wanted = 1;
    return at;
  }

  /** Read, or stop to read, as it is due now. */
  #steer() {
    const needsRoom = this.#isLarge && !this.#room && !this.#isPaused && !this.destroyed;
    if (needsRoom)
      this.#rooms.ask(this.#wanted, this.#enter); // it may enter at once
    else this.#rooms.leave(this.#enter);
    const isReading = this.#room !== undefined || !(this.#isPaused || this.#isLarge);
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    if (isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** @param {Buffer} room */
  #enter = (room) => {
    this.#room = room;
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(room, at);
    this.#pieces = [];
    this.#steer();
  };

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
    this.#rooms.leave(this.#enter);
    if (this.#room) this.#rooms.release(this.#room);
    this.#room = undefined;
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
    return connect({ host, port, noDelay: true, onread: { buffer: READ, callback } });
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

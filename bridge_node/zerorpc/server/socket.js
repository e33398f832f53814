import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'zeromq';

import { ZerorpcError } from '../errors.js';
import { MAX_CALL_SIZE, MAX_HANDSHAKE, MAX_UNREAD } from '../wire/limits.js';

/** ms for which the last answers may be read after the end. */
const LINGER = 1000;
/** ms until the next attempt to listen again. */
const BIND_DELAY = 10;
const DELIMITER = Buffer.alloc(0);

/** The ROUTER socket of a server: messages of any number of callers in, answers out. */
export class ServerSocket {
  #gate;
  #socket;
  /** At which it listens. @type {string[]} */
  #addresses = [];
  /** Settles when it listens again. @type {Promise<unknown>} */
  #renewed = Promise.resolve();
  #isClosed = false;
  /** @type {{peer: Buffer, payload: Uint8Array, sent: (reached: boolean) => void}[]} */
  #outbox = [];
  #pumping = false;

  /** @param {import('../curve/gate.js').Gate} [gate]  by which alone callers come in */
  constructor(gate) {
    this.#gate = gate;
    this.#socket = this.#make();
    if (gate) gate.onRemoved = () => this.#renew();
  }

  /**
   * @param {string} address
   * @returns {Promise<string>}  the address; the port is the one that was found
   */
  async bind(address) {
    try {
      if (address.includes('[')) this.#socket.ipv6 = true;
      await this.#gate?.start();
      await this.#socket.bind(address);
    } catch (cause) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
      throw new ZerorpcError(`cannot listen at ${address}: ${code === 'EADDRINUSE' ? 'it is in use' : message}`, {
        cause,
      });
    }
    const bound = /** @type {string} */ (this.#socket.lastEndpoint);
    this.#addresses.push(bound);
    return bound;
  }

  /**
   * Reads until it is closed.
   * @param {(peer: Buffer, payload: Buffer) => void} onMessage
   */
  async receive(onMessage) {
    while (!this.#isClosed) {
      await this.#renewed;
      for await (const frames of this.#socket) {
        // a DEALER sends ['', payload]; Python accepts a missing delimiter, too (events.py, Events.recv)
        if (frames.length > 1) onMessage(frames[0], frames[frames.length - 1]);
      }
    }
  }

  /**
   * @param {Buffer} peer
   * @param {Uint8Array} payload
   * @returns {Promise<boolean>}  whether it can be delivered
   */
  send(peer, payload) {
    return new Promise((sent) => {
      this.#outbox.push({ peer, payload, sent });
      if (!this.#pumping) void this.#pump();
    });
  }

  close() {
    this.#isClosed = true;
    this.#socket.close();
    this.#gate?.close();
  }

  #make() {
    const socket = new Router({
      linger: LINGER,
      maxMessageSize: MAX_CALL_SIZE,
      handshakeInterval: MAX_HANDSHAKE,
      // A message to a caller that is gone, or that leaves MAX_UNREAD unread, is refused, not lost in silence.
      mandatory: true,
      sendHighWaterMark: MAX_UNREAD,
      sendTimeout: 0,
      ipv6: this.#addresses?.some((address) => address.includes('[')),
      ...this.#gate?.options,
    });
    void this.#gate?.watch(socket);
    return socket;
  }

  /** End all connections, and listen again at the same addresses: whoever is still admitted comes back. */
  #renew() {
    const before = this.#socket;
    this.#socket = this.#make();
    before.close();
    this.#renewed = this.#bindAgain(this.#socket);
  }

  /**
   * The addresses of a socket that was closed are free a moment later.
   * @param {Router} socket
   */
  async #bindAgain(socket) {
    for (const address of this.#addresses) {
      while (!socket.closed) {
        try {
          await socket.bind(address);
          break;
        } catch {
          await sleep(BIND_DELAY);
        }
      }
    }
  }

  /** One send at a time, as zeromq.js asks for. */
  async #pump() {
    this.#pumping = true;
    while (this.#outbox.length > 0) {
      const batch = this.#outbox;
      this.#outbox = [];
      for (const { peer, payload, sent } of batch) {
        try {
          await this.#socket.send([peer, DELIMITER, payload]);
          sent(true);
        } catch {
          sent(false);
        }
      }
    }
    this.#pumping = false;
  }
}

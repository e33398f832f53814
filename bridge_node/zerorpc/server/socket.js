import { Router } from 'zeromq';

import { ZerorpcError } from '../errors.js';
import { MAX_CALL_SIZE, MAX_UNREAD } from '../wire/limits.js';

/** ms for which the last answers may be read after the end. */
const LINGER = 1000;
const DELIMITER = Buffer.alloc(0);

/** The ROUTER socket of a server: messages of any number of callers in, answers out. */
export class ServerSocket {
  #socket = new Router({
    linger: LINGER,
    maxMessageSize: MAX_CALL_SIZE,
    // A message to a caller that is gone, or that leaves MAX_UNREAD unread, is refused, not lost in silence.
    mandatory: true,
    sendHighWaterMark: MAX_UNREAD,
    sendTimeout: 0,
  });
  /** @type {{peer: Buffer, payload: Uint8Array, sent: (reached: boolean) => void}[]} */
  #outbox = [];
  #pumping = false;

  /**
   * @param {string} address
   * @returns {Promise<string>}  the address; the port is the one that was found
   */
  async bind(address) {
    try {
      if (address.includes('[')) this.#socket.ipv6 = true;
      await this.#socket.bind(address);
    } catch (cause) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
      throw new ZerorpcError(`cannot listen at ${address}: ${code === 'EADDRINUSE' ? 'it is in use' : message}`, {
        cause,
      });
    }
    return /** @type {string} */ (this.#socket.lastEndpoint);
  }

  /**
   * Reads until it is closed.
   * @param {(peer: Buffer, payload: Buffer) => void} onMessage
   */
  async receive(onMessage) {
    for await (const frames of this.#socket) {
      // a DEALER sends ['', payload]; Python accepts a missing delimiter, too (events.py, Events.recv)
      if (frames.length > 1) onMessage(frames[0], frames[frames.length - 1]);
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
    this.#socket.close();
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

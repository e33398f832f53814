/** Large packets that are received at the same time. */
const MAX_ROOMS = 4;
/** Bytes of a buffer that is used again. */
const MAX_KEPT = 2 * 1024 * 1024;

/**
 * Buffers in which large packets are put together, for all connections: few connections at a time receive one, in
 * turns, while the packets of the others wait in the operating system, or at the broker.
 */
export class Rooms {
  #free = MAX_ROOMS;
  /** Those that are used again. @type {Buffer[]} */
  #buffers = [];
  /** Who waits, for how many bytes, in the order of asking. @type {Map<(room: Buffer) => void, number>} */
  #waiting = new Map();
  /** When something was received in one of them, as `performance.now()` has it: whoever has a room notes it. */
  usedAt = 0;

  /**
   * Ask for a room, unless it waits for one already.
   * @param {number} bytes
   * @param {(room: Buffer) => void} enter  called once, now or later, with a buffer that is at least as large. Whoever
   *   has it gives it back with `release`
   */
  ask(bytes, enter) {
    this.#waiting.set(enter, bytes);
    this.#admit();
  }

  /**
   * Wait no longer.
   * @param {(room: Buffer) => void} enter
   */
  leave(enter) {
    this.#waiting.delete(enter);
  }

  /** @param {Buffer} room  whose content is no longer needed */
  release(room) {
    this.#free += 1;
    if (room.length <= MAX_KEPT) this.#buffers.push(room);
    this.#admit();
  }

  #admit() {
    for (const [enter, bytes] of this.#waiting) {
      if (this.#free === 0) return;
      this.#waiting.delete(enter);
      this.#free -= 1;
      this.usedAt = performance.now();
      enter(this.#buffer(bytes));
    }
  }

  /** @param {number} bytes */
  #buffer(bytes) {
    const last = this.#buffers.pop();
    return last && last.length >= bytes ? last : Buffer.allocUnsafeSlow(Math.max(bytes, MAX_KEPT));
  }
}

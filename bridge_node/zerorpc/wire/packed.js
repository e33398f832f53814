// What is packed becomes a part of an event soon. Its own memory is used again then: of megabytes that are garbage V8
// collects few before there are 64 MiB of them.

/** Bytes of memory that is used again. */
const SIZE = 2.5 * 1024 * 1024;
/** Fewer bytes than this have memory of their own. */
const MIN_SIZE = 256 * 1024;
/** Pieces of memory that are kept for later. */
const MAX_FREE = 2;

/** @type {Uint8Array[]} */
const free = [];

/** A value that is encoded already: where it is a part of another one, its bytes are written as they are. */
export class Packed {
  /** In which the bytes are, if it is to be used again. @type {Uint8Array | undefined} */
  #room;

  /** @param {Uint8Array} bytes  which are copied */
  constructor(bytes) {
    if (bytes.length >= MIN_SIZE && bytes.length <= SIZE) {
      this.#room = free.pop() ?? new Uint8Array(SIZE);
      this.#room.set(bytes);
      this.bytes = this.#room.subarray(0, bytes.length);
    } else this.bytes = bytes.slice();
  }

  /** @param {Uint8Array} bytes  the same ones, in other memory, which stay as they are */
  moveTo(bytes) {
    this.bytes = bytes;
    if (this.#room && free.length < MAX_FREE) free.push(this.#room);
    this.#room = undefined;
  }
}

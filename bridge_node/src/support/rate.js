/** Counts what happens in a second, by whole seconds of the monotonic clock. */
export class Rate {
  #max;
  #second = 0;
  #count = 0;

  /** @param {number} max  that may happen in a second */
  constructor(max) {
    this.#max = max;
  }

  /** Whether one more may happen now; it counts, too, if it may not. */
  take() {
    const second = Math.floor(performance.now() / 1000);
    this.#count = second === this.#second ? this.#count + 1 : 1;
    this.#second = second;
    return this.#count <= this.#max;
  }
}

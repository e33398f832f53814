/**
 * A promise, and the functions that settle it; of all their calls the first counts.
 * @template [T=void]
 */
export class Deferred {
  /** @type {(value: T | PromiseLike<T>) => void} */
  resolve = () => {};
  /** @type {(error: Error) => void} */
  reject = () => {};
  promise = /** @type {Promise<T>} */ (
    new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    })
  );
}

/**
 * @typedef {import('./record.js').AlgoRecord} AlgoRecord
 * @typedef {import('../route/kept_route.js').KeptRoute} KeptRoute
 */

/**
 * ms that an algorithm may take until it is served; after that it counts as away. It is more than it takes to find out
 * that a bridge which claims it was killed.
 */
const MAX_START = 10_000;

/**
 * Follows the records of one algorithm: begins its route, moves it to another address, ends it. A backend that is
 * silent is the route's own business.
 */
export class AnnouncedRoute {
  #make;
  #forget;
  #failed;
  /** The latest record that counts; undefined if it is forgotten. @type {AlgoRecord | undefined} */
  #record;
  /** @type {KeptRoute | undefined} */
  #route;
  /** Of the route. */
  #address = '';
  /** Settles when the route has ended. @type {Promise<void>} */
  #ended = Promise.resolve();
  #begunAt = 0;
  /** Whether its sessions at the broker are ours to delete, if it is forgotten. */
  #hasSessions = false;
  /** Settles when the route is as the record says. */
  #settled = Promise.resolve();
  #isSettling = false;
  #stopping = new AbortController();
  #isForgotten = false;

  /**
   * @param {(record: AlgoRecord) => KeptRoute} make  called for each address
   * @param {(signal: AbortSignal) => Promise<void>} forget  called when it is forgotten and its route has ended,
   *   unless another bridge serves it; the signal ends it
   * @param {(error: Error) => void} failed  called if the route ends by an error that is not reported
   */
  constructor(make, forget, failed) {
    this.#make = make;
    this.#forget = forget;
    this.#failed = failed;
  }

  /** Whether it is forgotten, and nothing of it runs any more. */
  get isGone() {
    return this.#isForgotten && !this.#isSettling;
  }

  /** Whether its quotes are decided, here or by another bridge. */
  get isServed() {
    return this.#route !== undefined && (this.#route.isServed || this.#route.isElsewhere);
  }

  /** Whether another client takes a client id of its route again and again. */
  get isTaken() {
    return this.#route?.isTaken ?? false;
  }

  /** What is missing for its quotes to be decided, as a line; empty if nothing is, or if it has ended as it should. */
  get missing() {
    if (!this.#route || this.isServed) return '';
    return this.#route.missing;
  }

  /** Why its backend cannot be used at present, as a line; empty if it can. */
  get fault() {
    if (!this.#route || this.isServed) return '';
    return this.#route.fault;
  }

  /** Whether it is about to be served, as far as is known. */
  get isStarting() {
    return this.missing !== '' && !this.#route?.hasFailed && performance.now() - this.#begunAt < MAX_START;
  }

  /** @param {AlgoRecord} record  the latest of the algorithm */
  follow(record) {
    // the end of another instance, such as a late will: the one that we follow publishes its own record again
    const isOfOther = this.#route && record.state !== 'online' && record.instance !== this.#record?.instance;
    if (this.#isStopped || isOfOther) return;
    this.#isForgotten = false;
    this.#hasSessions = true;
    this.#record = record;
    this.#settle();
    if (record.state === 'lost') this.#route?.parkIfSilent();
    else this.#route?.tryNow();
  }

  /** A person has removed the record. */
  forget() {
    if (this.#isStopped) return;
    this.#isForgotten = true;
    this.#record = undefined;
    this.#settle();
  }

  /** End the route, if there is one; resolves when it has ended. */
  async stop() {
    this.#stopping.abort();
    this.#route?.stop();
    await this.#settled;
    await this.#ended;
  }

  get #isStopped() {
    return this.#stopping.signal.aborted;
  }

  #settle() {
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#settled = this.#followRecord().finally(() => {
      this.#isSettling = false;
    });
  }

  /** Until the route is as the latest record says, which may change meanwhile. */
  async #followRecord() {
    while (!this.#isStopped) {
      if (this.#address !== this.#wantedAddress) {
        // it was swapped to the service that is announced now
        if (this.#route?.isAt(this.#wantedAddress)) this.#address = this.#wantedAddress;
        else if (this.#route) await this.#endRoute(this.#route);
        else this.#beginRoute();
      } else if (this.#isForgotten && this.#hasSessions) {
        this.#hasSessions = false;
        await this.#forget(this.#stopping.signal);
      } else {
        return;
      }
    }
  }

  get #wantedAddress() {
    return this.#record && this.#record.state !== 'offline' ? this.#record.address : '';
  }

  #beginRoute() {
    const record = /** @type {AlgoRecord} */ (this.#record);
    const route = this.#make(record);
    this.#route = route;
    this.#address = record.address;
    this.#begunAt = performance.now();
    this.#ended = route.run().catch(this.#failed);
  }

  /** @param {KeptRoute} route */
  async #endRoute(route) {
    if (route.isElsewhere) this.#hasSessions = false;
    route.stop();
    await this.#ended;
    this.#route = undefined;
    this.#address = '';
  }
}

/** ms between two calls that carry confirmations, and after which those that no call has carried are told by themselves. */
const INTERVAL = 1000;
/** Confirmations that are worth a call before. */
const MANY = 100;
/** Marks of publishers in one call; a publisher of ours sets ten per second. */
const MAX_MARKS = 100;
/** Confirmations that wait to be told; beyond it the oldest are dropped, as later ones include them. */
const MAX_UNTOLD = 1000;

/**
 * A call to the backend, until what came of it is confirmed.
 * @typedef {object} Call
 * @property {import('./queue.js').Waiting[]} batch
 * @property {Record<string, unknown>} header  entries for the header of the call; none for a backend that keeps no times
 * @property {number | undefined} seq  the count of decisions after it, as far as the backend has told
 * @property {boolean} isSettled
 */

/**
 * Tells the backend when inputs were published and received, and when the broker had confirmed what came of them
 * (contracts/README.md, "Times of inputs"). It is told with the calls; confirmations once a second, as one by one they would
 * cost the backend a twentieth of its time where each call has one quote. Where no call comes they are told by themselves.
 * Only a backend that has the method `confirmed` is told.
 *
 * For each batch the route calls `begin`, and `settled` when the broker has confirmed all that came of it. The Backend
 * sets the `seq` of the call in between.
 */
export class Times {
  #backend;
  #log;
  /** Those that are not settled, in their order. @type {Call[]} */
  #open = [];
  /** Counts of decisions, and when these were confirmed. @type {[seq: number, at: number][]} */
  #untold = [];
  #toldAt = -Infinity;
  /** The journal that the counts are of. @type {string | null | undefined} */
  #journal;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {import('../backend/backend.js').Backend} backend
   * @param {import('../support/log.js').Log} log
   */
  constructor(backend, log) {
    this.#backend = backend;
    this.#log = log;
    backend.on('ready', () => this.#begin());
  }

  /**
   * @param {import('./queue.js').Waiting[]} batch
   * @returns {Call}
   */
  begin(batch) {
    const header = this.#isKept ? { times: { ...timesOf(batch), confirmed: this.#due() } } : {};
    const call = { batch, header, seq: undefined, isSettled: false };
    this.#open.push(call);
    return call;
  }

  /** @param {import('./queue.js').Waiting[]} batch  all that came of it is confirmed */
  settled(batch) {
    const call = this.#open.find((each) => each.batch === batch);
    if (call) call.isSettled = true;
    // one without outputs is settled at once, perhaps before those ahead of it
    while (this.#open[0]?.isSettled) this.confirmed(this.#open.shift()?.seq);
  }

  /** @param {number | undefined} seq  the count of decisions: all that came of them is confirmed by now */
  confirmed(seq) {
    if (seq === undefined || !this.#isKept) return;
    this.#untold.push([seq, Date.now()]);
    if (this.#untold.length > MAX_UNTOLD) this.#untold.shift();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tell(), INTERVAL).unref();
  }

  /** Tell what no call has told. */
  async tell() {
    if (this.#untold.length === 0 || !this.#isKept || !this.#backend.ready) return;
    const told = this.#take();
    try {
      await this.#backend.ask('confirmed', told);
    } catch (error) {
      // the next call tells it again; what is kept already is kept once
      this.#untold.unshift(...told);
      this.#toldAt = -Infinity;
      this.#log.debug({ reason: String(error) }, 'the backend was not told when its outputs were confirmed');
    }
  }

  get #isKept() {
    return this.#backend.has('confirmed');
  }

  #due() {
    const isDue = this.#untold.length >= MANY || Date.now() - this.#toldAt >= INTERVAL;
    return isDue ? this.#take() : [];
  }

  #take() {
    if (this.#untold.length > 0) this.#toldAt = Date.now();
    const taken = this.#untold;
    this.#untold = [];
    return taken;
  }

  #begin() {
    const { journalId } = this.#backend;
    if (journalId === this.#journal) return;
    // the counts of another journal would be taken for those of this one
    this.#journal = journalId;
    this.#untold = [];
    for (const call of this.#open) call.seq = undefined;
  }
}

/** @param {import('./queue.js').Waiting[]} batch */
function timesOf(batch) {
  let first = Infinity;
  let last = -Infinity;
  /** Place and number of inputs, and when their message was published. @type {[number, number, number][]} */
  const published = [];
  let place = 0;
  for (const { message, inputs } of batch) {
    if (message.receivedAt < first) first = message.receivedAt;
    if (message.receivedAt > last) last = message.receivedAt;
    if (message.published !== undefined && published.length < MAX_MARKS) {
      published.push([place, inputs.length, message.published]);
    }
    place += inputs.length;
  }
  return { received: [first, last], published };
}

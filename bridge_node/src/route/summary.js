/** ms between two lines. */
const INTERVAL = 5000;

/** Logs every few seconds what has become of an algorithm's inputs since the last line, unless that is nothing. */
export class Summary {
  #meter;
  #log;
  #before;
  #timer;

  /**
   * @param {import('../metrics/route_meter.js').RouteMeter} meter  that has begun
   * @param {import('../support/log.js').Log} log
   */
  constructor(meter, log) {
    this.#meter = meter;
    this.#log = log;
    this.#before = meter.totals;
    this.#timer = setInterval(() => this.log(), INTERVAL).unref();
  }

  /** Log a line now. */
  log() {
    const now = this.#meter.totals;
    const found = Object.fromEntries(
      Object.entries(now).map(([name, count]) => [name, count - this.#before[/** @type {keyof typeof now} */ (name)]]),
    );
    this.#before = now;
    if (Object.values(found).some((count) => count > 0)) this.#log.info(found, sentence(found));
  }

  /** Log the last line. */
  end() {
    clearInterval(this.#timer);
    this.log();
  }
}

/** @param {Record<string, number>} found */
function sentence({ quotes, data, orders, refused, failed }) {
  const words = [`${counted(quotes, 'quote')} decided`, data && `${shown(data)} data`, counted(orders, 'order')];
  return [...words, refused && `${shown(refused)} refused`, failed && `${shown(failed)} failed`]
    .filter(Boolean)
    .join(', ');
}

/**
 * @param {number} count
 * @param {string} noun
 */
function counted(count, noun) {
  return `${shown(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** @param {number} count */
function shown(count) {
  return count.toLocaleString('en-US');
}

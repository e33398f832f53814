/** What a part tells of itself on `stats/<part>`, once a second (contracts/stats.schema.json). */

/**
 * @typedef {[name: string, labels: Record<string, string>, value: number | null]} Sample
 * @typedef {object} StatsMessage
 * @property {string} part
 * @property {string} component
 * @property {string} name
 * @property {string} instance
 * @property {string} version
 * @property {string} at
 * @property {string} since
 * @property {boolean} ready
 * @property {string[]} reasons
 * @property {Sample[]} samples
 */

/** ms after which a part that has told nothing counts as silent: it tells once a second. */
export const MAX_STATS_AGE = 5000;

/** One part: its last message, and the one before, from which rates are. */
export class Part {
  /** @param {StatsMessage} message @param {number} at  when it came, ms since 1970 */
  constructor(message, at) {
    this.message = message;
    this.at = at;
    /** Value by series. @type {Map<string, number>} */
    this.values = read(message.samples);
    /** @type {Map<string, number> | undefined} */
    this.before = undefined;
    /** Seconds between the two. */
    this.elapsed = 0;
  }

  /** @param {StatsMessage} message @param {number} at */
  update(message, at) {
    const isSame = message.instance === this.message.instance;
    this.elapsed = (Date.parse(message.at) - Date.parse(this.message.at)) / 1000;
    this.before = isSame && this.elapsed > 0 ? this.values : undefined;
    this.message = message;
    this.at = at;
    this.values = read(message.samples);
  }

  /**
   * The sum of the series of a name that have these labels; undefined if there is none.
   * @param {string} name
   * @param {Record<string, string>} [labels]
   */
  value(name, labels = {}) {
    return sum(this.values, name, labels);
  }

  /**
   * How fast a counter rises, per second; undefined if that is not known.
   * @param {string} name
   * @param {Record<string, string>} [labels]
   */
  rate(name, labels = {}) {
    const now = sum(this.values, name, labels);
    if (now === undefined || !this.before) return undefined;
    return Math.max(0, now - (sum(this.before, name, labels) ?? 0)) / this.elapsed;
  }

  /**
   * A quantile of what a histogram has observed between the last two messages, by its buckets: the upper bound of the
   * one that it falls in; undefined if nothing was observed.
   * @param {string} name
   * @param {Record<string, string>} labels
   * @param {number} quantile  from 0 to 1
   */
  quantile(name, labels, quantile) {
    if (!this.before) return undefined;
    const { before } = this;
    const buckets = bounds(this.message.samples, `${name}_bucket`).map((le) => {
      const asked = { ...labels, le };
      const count = (sum(this.values, `${name}_bucket`, asked) ?? 0) - (sum(before, `${name}_bucket`, asked) ?? 0);
      return { bound: le === '+Inf' ? Infinity : Number(le), count };
    });
    const all = buckets.at(-1)?.count ?? 0;
    if (all <= 0) return undefined;
    return buckets.find(({ count }) => count >= quantile * all)?.bound;
  }
}

/** @param {Sample[]} samples @returns {Map<string, number>} */
function read(samples) {
  const values = new Map();
  for (const [name, labels, value] of samples) if (value !== null) values.set(key(name, labels), value);
  return values;
}

/** @param {string} name @param {Record<string, string>} labels */
const key = (name, labels) =>
  [
    name,
    ...Object.keys(labels)
      .sort()
      .map((label) => `${label}=${labels[label]}`),
  ].join('\u0000');

/**
 * @param {Map<string, number>} values
 * @param {string} name
 * @param {Record<string, string>} labels
 */
function sum(values, name, labels) {
  const exact = values.get(key(name, labels));
  if (exact !== undefined) return exact;
  const wanted = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  let found;
  for (const [series, value] of values) {
    const [own, ...rest] = series.split('\u0000');
    if (own === name && wanted.every((each) => rest.includes(each))) found = (found ?? 0) + value;
  }
  return found;
}

/** @param {Sample[]} samples @param {string} name */
function bounds(samples, name) {
  const found = new Set(samples.filter(([own]) => own === name).map(([, { le }]) => le));
  return [...found].sort((a, b) => toNumber(a) - toNumber(b));
}

/** @param {string} le */
const toNumber = (le) => (le === '+Inf' ? Infinity : Number(le));

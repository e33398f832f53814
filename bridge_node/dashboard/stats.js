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

/** ms after which a part that has told nothing counts as silent: it tells once a second (contracts/README.md, "Stats"). */
export const MAX_STATS_AGE = 10_000;

/** One part: its last message, and the one before, from which rates are. */
export class Part {
  /** @param {StatsMessage} message @param {number} at  when it came, ms since 1970 */
  constructor(message, at) {
    this.message = message;
    this.at = at;
    /** @type {Values} */
    this.values = read(message.samples);
    /** @type {Values | undefined} */
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

  /** The values of those series. @param {string} name @param {Record<string, string>} labels @returns {number[]} */
  each(name, labels) {
    return series(this.values, name, labels).map(([, , value]) => Number(value));
  }

  /**
   * How fast a counter rises, per second; undefined before there are two messages.
   * @param {string} name
   * @param {Record<string, string>} [labels]
   */
  rate(name, labels = {}) {
    if (!this.before) return undefined;
    const now = sum(this.values, name, labels) ?? 0; // a counter that is absent is 0 (contracts/README.md, "Stats")
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
    // a bucket that is absent is 0, and so no quantile falls in it
    const buckets = bounds(series(this.values, `${name}_bucket`, labels)).map((le) => {
      const asked = { ...labels, le };
      const count = (sum(this.values, `${name}_bucket`, asked) ?? 0) - (sum(before, `${name}_bucket`, asked) ?? 0);
      return { bound: le === '+Inf' ? Infinity : Number(le), count };
    });
    const all = buckets.at(-1)?.count ?? 0;
    if (all <= 0) return undefined;
    return buckets.find(({ count }) => count >= quantile * all)?.bound;
  }
}

/**
 * The values of one message: by series, and the series of each name, and of each name and algorithm: a bridge has
 * hundreds of a name.
 * @typedef {{exact: Map<string, number>, named: Map<string, Sample[]>}} Values
 */

/** @param {Sample[]} samples @returns {Values} */
function read(samples) {
  const values = /** @type {Values} */ ({ exact: new Map(), named: new Map() });
  for (const sample of samples) {
    const [name, labels, value] = sample;
    if (typeof value !== 'number') continue;
    values.exact.set(key(name, labels), value);
    add(values.named, name, sample);
    if (labels.algo !== undefined) add(values.named, ofAlgo(name, labels.algo), sample);
  }
  return values;
}

/** @param {Values['named']} named @param {string} name @param {Sample} sample */
function add(named, name, sample) {
  const others = named.get(name);
  if (others) others.push(sample);
  else named.set(name, [sample]);
}

/** @param {string} name @param {string} algo */
const ofAlgo = (name, algo) => `${name}\u0000${algo}`;

/** @param {string} name @param {Record<string, string>} labels */
const key = (name, labels) =>
  [
    name,
    ...Object.keys(labels)
      .sort()
      .map((label) => `${label}=${labels[label]}`),
  ].join('\u0000');

/**
 * @param {Values} values
 * @param {string} name
 * @param {Record<string, string>} labels
 */
function sum({ exact, named }, name, labels) {
  const one = exact.get(key(name, labels));
  if (one !== undefined) return one;
  const found = series({ exact, named }, name, labels);
  return found.length === 0 ? undefined : found.reduce((total, [, , value]) => total + Number(value), 0);
}

/**
 * The series of a name that have these labels.
 * @param {Values} values
 * @param {string} name
 * @param {Record<string, string>} labels
 */
function series({ named }, name, labels) {
  const { algo, ...others } = labels;
  const wanted = Object.entries(others);
  return (named.get(algo === undefined ? name : ofAlgo(name, algo)) ?? []).filter(([, own]) =>
    wanted.every(([label, value]) => own[label] === value),
  );
}

/** @param {Sample[]} samples */
function bounds(samples) {
  const found = new Set(samples.map(([, { le }]) => le));
  return [...found].sort((a, b) => toNumber(a) - toNumber(b));
}

/** @param {string} le */
const toNumber = (le) => (le === '+Inf' ? Infinity : Number(le));

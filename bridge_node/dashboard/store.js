/** All that the page knows. It changes as messages arrive, and is read once per drawn frame. */

import { dayOf, secondsOf } from './points.js';
import { quotesOf } from './quotes.js';
import { MAX_STATS_AGE, Part } from './stats.js';
import { nameOfLevel } from '#shared/support/topic_level.js';
import { isValid } from './valid.js';
import { keepLatest } from './windowed.js';

/** @typedef {import('./relay.js').Received} Received */

const MAX_ORDERS = 200;
const MAX_ERRORS = 100;
const MAX_REPLIES = 50;
const MAX_POINTS = 2000;
/** Instruments whose quotes are kept, and quotes of each. */
const MAX_INSTRUMENTS = 100;
const MAX_BARS = 1000;
/** ms without a quote after which an instrument gives way to another one. */
const MIN_QUIET = 60_000;
/** Algorithms, and parts, that are kept: whoever writes to the broker makes the page no larger than that. */
const MAX_NAMES = 200;

/**
 * @typedef {object} Instrument  by its latest quotes on one topic
 * @property {string} sid
 * @property {string} topic
 * @property {number} at  when the latest came, ms since 1970
 * @property {number} price  the latest
 * @property {import('./points.js').Bar[]} bars  whose times rise
 * @property {number} version  of the bars
 */

/** First levels of the topics that are no channels of quotes. */
const KINDS = new Set(['algos', 'bridges', 'portfolios', 'orders', 'fills', 'errors', 'replies', 'stats']);

/** One algorithm, by the messages that bear its name. */
export class Algo {
  /** Its record on algos/<algo>. @type {any} */
  record = null;
  /** The bridge that serves it, on bridges/<algo>. @type {any} */
  claim = null;
  /** @type {any} */
  portfolio = null;
  portfolioAt = 0;
  /** [seconds since 1970, equity], by the times of the quotes. @type {[number, number][]} */
  equity = [];
  /**
   * Equity before the first quote of the day of the last quote, in UTC, if the page has seen it.
   * @type {{day: number, before: number | undefined} | undefined}
   */
  today;
  /** Newest last. @type {{at: number, message: any}[]} */
  orders = [];
  /** @type {{at: number, message: any}[]} */
  fills = [];
  /** @type {{at: number, message: any}[]} */
  errors = [];
  /** @type {{at: number, message: any}[]} */
  replies = [];

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }
}

export class Store {
  /** @type {import('./relay.js').LinkState} */
  link = { state: 'connecting', since: Date.now(), why: '' };
  /** @type {{connected: boolean, why?: string, since: number}} */
  broker = { connected: false, why: 'not known yet', since: Date.now() };
  /** @type {{client: string, role?: 'operator' | 'viewer', version: string, instance: string} | null} */
  hello = null;
  /** @type {Map<string, Algo>} */
  algos = new Map();
  /** Parts by name, from stats/<part>. @type {Map<string, Part>} */
  parts = new Map();
  /** By topic and instrument: those that this page has subscribed to. @type {Map<string, Instrument>} */
  instruments = new Map();
  /** Quotes that the relay has left out, in all, and when it did so last. */
  leftOut = { count: 0, at: 0 };
  /** What the relay has refused, or another part of the page could not do. */
  notices = /** @type {{at: number, text: string}[]} */ ([]);
  /** Difference between the clock of the bridge and the viewer's, ms. */
  clockShift = 0;
  /** Called for each reply to a query, and for each quote: see `ask.js` and the charts. @type {Set<(topic: string, message: any, at: number) => void>} */
  listeners = new Set();

  /** Now, by the clock of the bridge. */
  get now() {
    return Date.now() + this.clockShift;
  }

  /** Whether the bridge takes no command from this page. */
  get isViewer() {
    return this.hello?.role === 'viewer';
  }

  /** Whether what is shown is the present. */
  get isLive() {
    return this.link.state === 'open' && this.broker.connected;
  }

  /** @param {{client: string, role?: 'operator' | 'viewer', version: string, instance: string, now: string}} hello */
  greet(hello) {
    this.hello = hello;
    this.parts.clear(); // those that are there tell again within a second: the bridge may be another one
    this.clockShift = Date.parse(hello.now) - Date.now();
  }

  /** @param {Received[]} messages @param {number} leftOut  quotes that the relay left out */
  update(messages, leftOut) {
    for (const message of messages) this.#take(message);
    if (leftOut > 0) this.leftOut = { count: this.leftOut.count + leftOut, at: Date.now() };
  }

  /** @param {string} text  a sentence for the person */
  notice(text) {
    keepLatest(this.notices, { at: Date.now(), text }, 20);
  }

  /** @param {string} name */
  algo(name) {
    const found = this.algos.get(name);
    if (found) return found;
    const made = new Algo(name);
    if (this.algos.size < MAX_NAMES) this.algos.set(name, made);
    return made;
  }

  /** Parts of a kind, by name. @param {string} component */
  partsOf(component) {
    return [...this.parts.values()].filter(({ message }) => message.component === component);
  }

  /** The bridge that tells counters of an algorithm; not one that has fallen silent. @param {string} algo */
  bridgeOf(algo) {
    const serving = this.partsOf('bridge').filter(
      (part) => !this.isSilent(part) && part.value('tickwire_bridge_backend_ready', { algo }) !== undefined,
    );
    return serving.reduce((latest, part) => (latest && latest.at > part.at ? latest : part), serving[0]);
  }

  /** The service of an algorithm, while it tells. @param {string} algo */
  serviceOf(algo) {
    const part = this.parts.get(`algo:${algo}`);
    return part && !this.isSilent(part) ? part : undefined;
  }

  /** @param {Part} part */
  isSilent(part) {
    return this.now - part.at > MAX_STATS_AGE;
  }

  /** @param {Received} received */
  #take([topic, text, retain, at]) {
    const [kind, level, client] = topic.split('/');
    const name = nameOfLevel(level ?? '') ?? '';
    const messages = text === '' ? [null] : listOf(parsed(text));
    for (const message of messages) {
      if (!KINDS.has(kind)) this.#takeQuote(topic, message, at);
      else if (message === null) this.#forget(kind, name, retain);
      else if (isValid(kind, message)) this.#takeOf(kind, name, client, message, at);
      else continue;
      for (const listener of this.listeners) listener(topic, message, at);
    }
  }

  /** What was retained is no longer. @param {string} kind @param {string} name @param {boolean} retain */
  #forget(kind, name, retain) {
    if (kind === 'algos' && (retain || this.algos.has(name))) this.algos.delete(name);
    if (kind === 'bridges' && this.algos.has(name)) this.algo(name).claim = null;
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @param {string | undefined} client  for which a reply is, if it is for one
   * @param {any} message
   * @param {number} at
   */
  #takeOf(kind, name, client, message, at) {
    if (kind === 'stats') return this.#takeStats(message, at);
    const algo = this.algo(name);
    switch (kind) {
      case 'algos':
        algo.record = message;
        return;
      case 'bridges':
        if (!message.asks) algo.claim = message;
        return;
      case 'portfolios':
        return this.#takePortfolio(algo, message, at);
      case 'orders':
        return keepLatest(algo.orders, { at, message }, MAX_ORDERS);
      case 'fills':
        return keepLatest(algo.fills, { at, message }, MAX_ORDERS);
      case 'errors':
        return keepLatest(algo.errors, { at, message }, MAX_ERRORS);
      default:
        if (client === undefined) keepLatest(algo.replies, { at, message }, MAX_REPLIES);
    }
  }

  /** @param {Algo} algo @param {any} portfolio @param {number} at */
  #takePortfolio(algo, portfolio, at) {
    if (algo.portfolio && portfolio.seq < algo.portfolio.seq) return;
    const day = dayOf(secondsOf(portfolio.last?.ts, at));
    if (algo.today?.day !== day) algo.today = { day, before: algo.portfolio?.equity ?? undefined };
    algo.portfolio = portfolio;
    algo.portfolioAt = at;
    if (typeof portfolio.equity !== 'number') return;
    const seconds = secondsOf(portfolio.last?.ts, at);
    const last = algo.equity.at(-1);
    if (last && seconds < last[0]) algo.equity = []; // a replay has begun again
    if (last && seconds === last[0]) algo.equity.pop();
    keepLatest(algo.equity, [seconds, portfolio.equity], MAX_POINTS);
  }

  /** @param {any} message @param {number} at */
  #takeStats(message, at) {
    const part = this.parts.get(message.part);
    if (part) part.update(message, at);
    else if (this.parts.size < MAX_NAMES) this.parts.set(message.part, new Part(message, at));
  }

  /** Forget the instrument that was heard of longest ago, if it is long ago. @param {number} at @returns {boolean} */
  #makeRoom(at) {
    const all = [...this.instruments.values()];
    const { topic, sid, at: last } = all.reduce((oldest, each) => (each.at < oldest.at ? each : oldest));
    return at - last >= MIN_QUIET && this.instruments.delete(keyOf(topic, sid));
  }

  /** @param {string} topic @param {any} message @param {number} at */
  #takeQuote(topic, message, at) {
    if (message === null || typeof message !== 'object') return;
    for (const { sid, price, ts, fields } of quotesOf(message)) {
      const key = keyOf(topic, sid);
      let instrument = this.instruments.get(key);
      if (!instrument) {
        if (this.instruments.size >= MAX_INSTRUMENTS && !this.#makeRoom(at)) continue;
        instrument = { sid, topic, at, price, bars: [], version: 0 };
        this.instruments.set(key, instrument);
      }
      instrument.at = at;
      instrument.price = price;
      addBar(instrument, { time: secondsOf(ts, at), value: price, ...candleOf(fields) });
    }
  }
}

/**
 * Where time goes back a replay has begun again: the chart begins again, too.
 * @param {Instrument} instrument
 * @param {import('./points.js').Bar} bar
 */
function addBar(instrument, bar) {
  const last = instrument.bars.at(-1);
  if (last && bar.time < last.time) instrument.bars = [];
  if (last && bar.time === last.time) instrument.bars.pop();
  keepLatest(instrument.bars, bar, MAX_BARS);
  instrument.version += 1;
}

/** @param {any} quote */
function candleOf({ open, high, low }) {
  const [first, top, bottom] = [open, high, low].map(Number);
  return [first, top, bottom].every((price) => price > 0 && Number.isFinite(price))
    ? { open: first, high: top, low: bottom }
    : {};
}

/** @param {string} topic @param {string} sid */
const keyOf = (topic, sid) => `${topic}\u0000${sid}`;

/** @param {string} text @returns {any} undefined if it is not JSON */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {any} message  one, or an array of them; undefined is none */
const listOf = (message) => (Array.isArray(message) ? message : message === undefined ? [] : [message]);

import { Seldom } from '../support/seldom.js';

/** Numbers in a row, each one higher than the last, after which the ids of a feed count as numbered. */
const MIN_ROW = 20;
/** A longer row makes up for more gaps: each costs MIN_ROW, and a feed that leaves out many ids is not numbered. */
const MAX_ROW = 100;
/** Beginnings of ids that are remembered; beyond them it begins anew. */
const MAX_FEEDS = 4096;
/** Digits at the end of an id that are read as its number: what is exact in a double. */
const MAX_DIGITS = 15;
/** ms within which ids may come late: a broker may send new messages before those that waited. */
const LATE = 2000;
/** Of ids that the bridge has made (contracts/README.md, "Quotes"). */
const TILDE = 126;

/**
 * What came on one channel.
 * @typedef {object} Channel
 * @property {string} name
 * @property {number} refused  messages
 * @property {Map<string, Feed>} feeds  by the beginning of their ids
 */

/**
 * Ids that begin alike and end in a number, perhaps with "/<sid>" behind it.
 * @typedef {object} Feed
 * @property {Channel} channel
 * @property {string} start  of its ids
 * @property {number} latest  number: the highest
 * @property {number} row  how far it is numbered
 * @property {number} refused  messages on the channel when the latest came
 * @property {Gap | undefined} gap  that is not counted yet
 */

/**
 * Numbers that have not come, between two that have.
 * @typedef {object} Gap
 * @property {Feed} feed
 * @property {number} from
 * @property {number} to
 * @property {number} refused  messages on the channel meanwhile, which may have been some of them
 * @property {(number: number) => string} id
 */

/**
 * Finds gaps in the numbered ids of feeds: ids that end in a number which rises by one. An id that is not above the
 * highest has come before, or comes late: after a reconnect, or where a feed begins again.
 *
 * The Intake calls `read` for each input and `refused` for each message that was none, and `stop` at the end.
 */
export class FeedGaps {
  #log;
  #counts;
  /** @type {Map<string, Channel>} */
  #channels = new Map();
  #feeds = 0;
  /** Of the input before. @type {Feed | undefined} */
  #last;
  /** Not counted yet, the oldest first. @type {Gap[]} */
  #open = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** Counted and not told yet: the first of them, and how many there are. @type {Gap | undefined} */
  #first;
  #gaps = 0;
  #missing = 0;
  #seldom = new Seldom(() => this.#say());

  /**
   * @param {import('../support/log.js').Log} log
   * @param {{feedGaps: number, feedMissing: number}} counts  to add to
   */
  constructor(log, counts) {
    this.#log = log;
    this.#counts = counts;
  }

  /**
   * @param {string} channel
   * @param {string} id
   * @param {unknown} sid
   */
  read(channel, id, sid) {
    if (id.charCodeAt(0) === TILDE) return;
    let end = id.length;
    if (!isDigit(id, end - 1)) {
      if (typeof sid !== 'string' || !id.endsWith(sid)) return;
      end -= sid.length + 1;
      if (id[end] !== '/' || !isDigit(id, end - 1)) return;
    }
    let at = end;
    let number = 0;
    for (let unit = 1; at > 0 && end - at < MAX_DIGITS && isDigit(id, at - 1); unit *= 10) {
      number += unit * (id.charCodeAt(--at) - 48);
    }
    const feed = this.#feed(channel, id, at, number);
    const step = number - feed.latest;
    if (step === 1) {
      if (feed.row < MAX_ROW) feed.row += 1;
    } else if (step <= 0) {
      if (feed.gap) this.#comesLate(feed.gap, number);
      return;
    } else {
      if (feed.row >= MIN_ROW) this.#find(feed, number, id, at, end);
      feed.row = Math.max(0, feed.row - MIN_ROW);
    }
    feed.latest = number;
    feed.refused = feed.channel.refused;
  }

  /** @param {string} channel  of a message without inputs; it may have been one of the feed's */
  refused(channel) {
    const known = this.#channels.get(channel);
    if (known) known.refused += 1;
  }

  stop() {
    clearTimeout(this.#timer);
    for (const gap of this.#open.splice(0)) this.#count(gap);
    this.#seldom.stop();
  }

  /**
   * @param {string} channel
   * @param {string} id
   * @param {number} at  where its number begins
   * @param {number} number  that a new feed begins with
   */
  #feed(channel, id, at, number) {
    const last = this.#last;
    if (last && last.channel.name === channel && last.start.length === at && id.startsWith(last.start)) return last;
    const start = id.slice(0, at);
    let known = this.#channels.get(channel);
    let feed = known?.feeds.get(start);
    if (!feed) {
      if (this.#feeds >= MAX_FEEDS) {
        this.#channels.clear();
        this.#feeds = 0;
        known = undefined;
      }
      if (!known) {
        known = { name: channel, refused: 0, feeds: new Map() };
        this.#channels.set(channel, known);
      }
      feed = { channel: known, start, latest: number, row: 0, refused: 0, gap: undefined };
      known.feeds.set(start, feed);
      this.#feeds += 1;
    }
    this.#last = feed;
    return feed;
  }

  /**
   * @param {Feed} feed
   * @param {number} number  that has come behind the gap
   * @param {string} id  of it
   * @param {number} at  where its number begins
   * @param {number} end  where it ends
   */
  #find(feed, number, id, at, end) {
    const from = feed.latest + 1;
    const to = number - 1;
    const refused = feed.channel.refused - feed.refused;
    if (to - from < refused) return;
    if (feed.gap) this.#settle(feed.gap);
    const width = id[at] === '0' ? end - at : 0;
    const rest = id.slice(end);
    const idOf = (/** @type {number} */ each) => feed.start + String(each).padStart(width, '0') + rest;
    feed.gap = { feed, from, to, refused, id: idOf };
    this.#open.push(feed.gap);
    this.#timer ??= setTimeout(() => this.#settleAll(), LATE).unref();
  }

  /**
   * @param {Gap} gap
   * @param {number} number
   */
  #comesLate(gap, number) {
    if (number !== gap.from) return;
    gap.from += 1;
    if (gap.from > gap.to) this.#close(gap);
  }

  #settleAll() {
    this.#timer = undefined;
    for (const gap of [...this.#open]) this.#settle(gap);
  }

  /** @param {Gap} gap  in which nothing more is awaited */
  #settle(gap) {
    this.#close(gap);
    this.#count(gap);
  }

  /** @param {Gap} gap */
  #close(gap) {
    gap.feed.gap = undefined;
    this.#open.splice(this.#open.indexOf(gap), 1);
  }

  /** @param {Gap} gap */
  #count(gap) {
    const missing = gap.to - gap.from + 1 - gap.refused;
    if (missing <= 0) return;
    this.#counts.feedGaps += 1;
    this.#counts.feedMissing += missing;
    this.#first ??= gap;
    this.#gaps += 1;
    this.#missing += missing;
    this.#seldom.due();
  }

  #say() {
    const { feed, from, to, id } = /** @type {Gap} */ (this.#first);
    const [first, last] = [id(from), id(to)];
    const others = this.#gaps > 1 ? `, and this is the first of ${this.#gaps} gaps` : '';
    this.#log.warn(
      { channel: feed.channel.name, first, last, missing: this.#missing },
      `the numbered ids of a feed have a gap: none from ${first} to ${last} has come${others}. They were lost on the way,` +
        ' refused as parts of a message, or the feed has left them out',
    );
    this.#first = undefined;
    this.#gaps = this.#missing = 0;
  }
}

/**
 * @param {string} text
 * @param {number} at
 */
function isDigit(text, at) {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

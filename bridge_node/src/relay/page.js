import { Rate } from '../support/rate.js';
import { filterFault, overlap } from '../support/topic_filter.js';
import { RELAY } from './bounds.js';
import { Gathered } from './gathered.js';
import { isShown } from './viewer.js';

/** ms between two frames with messages. */
const INTERVAL = 100;
/** ms after which a frame is sent that says nothing: the page notices by its absence that the connection is gone. */
const MAX_SILENCE = 1000;
/** ms that a page has to read why it is disconnected. */
const MAX_PARTING = 1000;
/** Bytes that wait to be sent, beyond which a page gets no quotes. */
const SLOW = 1024 * 1024;
/** Characters of a topic, or of a filter (contracts/limits.json); with a prefix before it MQTT takes it all the same. */
const MAX_TOPIC = 1024;
/** Topics that a page may publish on. */
const PUBLISHABLE = /^(commands|queries)\/[^/+#]+$/;
/** RFC 6455, 7.4.1 */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/**
 * What a Page calls, as its frames arrive, once it has shown the token.
 * @typedef {object} PageHandlers
 * @property {(token: unknown) => import('../http/admission.js').Role | undefined} admit  whose token it is
 * @property {(page: Page) => void} greet
 * @property {(filters: string[]) => void} subscribe  whatever the page wants from now on
 * @property {(topic: string, payload: string) => void} publish
 * @property {() => boolean} isCrowded  whether all pages together have too much that waits to be sent
 */

/** One page that is open in a browser: its WebSocket, what it wants, and what waits for it. */
export class Page {
  #socket;
  #handlers;
  #gathered = new Gathered();
  #isClosed = false;
  /** @type {NodeJS.Timeout} */
  #hesitation;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #sentAt = 0;
  #frames = new Rate(RELAY.frames);

  /** Topic filters, without the prefix. @type {string[]} */
  filters = [];
  /** Since it has shown a token. @type {import('../http/admission.js').Role | undefined} */
  role;

  /**
   * @param {import('ws').WebSocket} socket
   * @param {string} client  which is its level in the topics of replies
   * @param {PageHandlers} handlers
   */
  constructor(socket, client, handlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.client = client;
    this.#hesitation = setTimeout(() => this.close(POLICY_VIOLATION, 'no token came.'), RELAY.tokenSeconds * 1000);
    socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary));
    // each ping is answered
    for (const event of ['ping', 'pong']) socket.on(event, () => this.#count());
    socket.on('close', () => this.#end());
    socket.on('error', () => {}); // it is closed after that
  }

  /** Bytes that wait to be sent. */
  get unread() {
    return this.#socket.bufferedAmount;
  }

  /** @param {import('./gathered.js').Relayed} message */
  offer(message) {
    if (this.#isClosed || !this.filters.some((filter) => overlap(filter, message.topic))) return;
    if (this.role === 'operator' || isShown(message.topic, this.client)) this.#gathered.add(message);
  }

  /** @param {object} frame */
  send(frame) {
    if (this.#isClosed) return;
    this.#sentAt = performance.now();
    this.#socket.send(JSON.stringify(frame));
  }

  /**
   * Say why, and neither hear nor keep anything for it from now on.
   * @param {number} code
   * @param {string} reason  a sentence
   */
  close(code, reason) {
    this.#end();
    this.#socket.close(code, reason);
    // one that does not read, or does not answer, is not waited for
    setTimeout(() => this.drop(), MAX_PARTING).unref();
  }

  /** Without a word. */
  drop() {
    this.#socket.terminate();
  }

  /** @param {string} data @param {boolean} isBinary */
  #receive(data, isBinary) {
    if (!this.#count()) return;
    const frame = isBinary ? undefined : read(data);
    if (frame === undefined) return this.close(POLICY_VIOLATION, 'a frame that is not a JSON map.');
    if (!this.role) return this.#admit(frame.token);
    if (frame.subscribe !== undefined) this.#subscribe(frame.subscribe);
    if (frame.publish !== undefined) this.#publish(frame.publish);
  }

  /** A frame has come. @returns {boolean} whether it is heard */
  #count() {
    if (this.#isClosed) return false;
    if (this.#frames.take()) return true;
    this.close(POLICY_VIOLATION, `more than ${RELAY.frames} frames in a second.`);
    return false;
  }

  /** @param {unknown} token */
  #admit(token) {
    clearTimeout(this.#hesitation);
    this.role = this.#handlers.admit(token);
    if (!this.role) return this.close(POLICY_VIOLATION, 'its token is not that of this bridge.');
    this.#handlers.greet(this);
    if (!this.#isClosed) this.#timer = setInterval(() => this.#flush(), INTERVAL);
  }

  /** @param {unknown} filters */
  #subscribe(filters) {
    const isList = Array.isArray(filters) && filters.every((each) => typeof each === 'string' && each !== '');
    if (!isList || filters.length > RELAY.filters) {
      return this.send({ error: `"subscribe" is not a list of at most ${RELAY.filters} topic filters` });
    }
    for (const filter of filters) {
      const fault = faultOf(filter);
      if (fault) return this.send({ error: `cannot subscribe to "${filter.slice(0, 100)}": ${fault}` });
    }
    this.filters = filters;
    this.#handlers.subscribe(filters);
  }

  /** @param {any} publication */
  #publish(publication) {
    const { topic, payload } = publication ?? {};
    if (typeof topic !== 'string' || typeof payload !== 'string' || !PUBLISHABLE.test(topic)) {
      return this.send({
        error: 'a page publishes on commands/<algo> and queries/<algo>, a text, and on nothing else',
      });
    }
    // a broker ends the connection, which is that of all pages, at a topic that is none
    const fault = topic.length > MAX_TOPIC ? `it has more than ${MAX_TOPIC} characters` : filterFault(topic);
    if (fault) return this.send({ error: `cannot publish on "${topic.slice(0, 100)}": ${fault}` });
    this.#handlers.publish(topic, payload);
  }

  #flush() {
    const waiting = this.unread;
    const isTooSlow = waiting > RELAY.unread || (waiting > SLOW && this.#handlers.isCrowded());
    if (isTooSlow) return this.close(TRY_AGAIN_LATER, 'the page takes too long to read.');
    const frame = this.#gathered.take(waiting < SLOW);
    if (frame) this.send(frame);
    else if (performance.now() - this.#sentAt > MAX_SILENCE) this.send({});
  }

  #end() {
    this.#isClosed = true;
    clearTimeout(this.#hesitation);
    clearInterval(this.#timer);
  }
}

/** @param {string} filter @returns {string} why it is not subscribed to; empty if it may be */
function faultOf(filter) {
  if (filter.startsWith('$')) return 'topics of the broker are not relayed';
  if (filter.length > MAX_TOPIC) return `it has more than ${MAX_TOPIC} characters`;
  return filterFault(filter);
}

/** @param {string} data @returns {Record<string, any> | undefined} */
function read(data) {
  try {
    const frame = JSON.parse(data);
    return frame !== null && typeof frame === 'object' && !Array.isArray(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

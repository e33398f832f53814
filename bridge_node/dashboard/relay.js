/**
 * The page's end of the relay (`src/http/relay.js`): one WebSocket, made again when it is lost.
 *
 * @typedef {[topic: string, text: string, retain: boolean, at: number]} Received  `at` in ms since 1970, by the bridge's clock
 * @typedef {object} LinkState
 * @property {'connecting' | 'open' | 'lost' | 'refused'} state
 * @property {number} since  ms since 1970
 * @property {string} why  of `lost` and `refused`, a sentence
 *
 * @typedef {object} Handlers  called as frames arrive
 * @property {(link: LinkState) => void} onLink
 * @property {(hello: {client: string, role: 'operator' | 'viewer', version: string, instance: string, now: string}) => void} onHello
 * @property {(broker: {connected: boolean, why?: string}) => void} onBroker
 * @property {(messages: Received[], leftOut: number) => void} onMessages
 * @property {(sentence: string) => void} onError
 */

/** ms before a lost connection is made again: the first time, and at most. */
const FIRST_DELAY = 250;
const MAX_DELAY = 5000;
/** ms without a frame after which the connection counts as lost: the relay sends one every second. */
const MAX_SILENCE = 5000;
/** A relay that closes with it has refused the token, or this page's address (RFC 6455, 7.4.1). */
const POLICY_VIOLATION = 1008;

export class Relay {
  #url;
  #token;
  #handlers;
  /** @type {string[]} */
  #filters = [];
  /** @type {WebSocket | undefined} */
  #socket;
  #delay = FIRST_DELAY;
  #isOpen = false;
  /** When the connection was lost, until there is another one, ms since 1970. @type {number | undefined} */
  #lostAt;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;

  /**
   * @param {string} url
   * @param {string} token
   * @param {Handlers} handlers
   */
  constructor(url, token, handlers) {
    this.#url = url;
    this.#token = token;
    this.#handlers = handlers;
  }

  start() {
    this.#handlers.onLink({ state: 'connecting', since: Date.now(), why: '' });
    this.#connect();
  }

  /** @param {string[]} filters  MQTT topic filters, in place of those before */
  subscribe(filters) {
    if (filters.join('\n') === this.#filters.join('\n')) return;
    this.#filters = filters;
    if (this.#isOpen) this.#send({ subscribe: filters });
  }

  /**
   * @param {string} topic
   * @param {object} message
   * @returns {boolean} whether there was a connection to send it on
   */
  publish(topic, message) {
    if (this.#isOpen) this.#send({ publish: { topic, payload: JSON.stringify(message) } });
    return this.#isOpen;
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#send({ token: this.#token });
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.#lost(socket, code, reason);
    this.#watch();
  }

  /** @param {any} frame */
  #receive(frame) {
    this.#watch();
    if (frame.hello) {
      this.#isOpen = true;
      this.#lostAt = undefined;
      this.#delay = FIRST_DELAY;
      this.#handlers.onHello(frame.hello);
      this.#handlers.onLink({ state: 'open', since: Date.now(), why: '' });
      this.#send({ subscribe: this.#filters });
    }
    if (frame.broker) this.#handlers.onBroker(frame.broker);
    if (frame.messages) this.#handlers.onMessages(frame.messages, frame.left_out?.quotes ?? 0);
    if (frame.error) this.#handlers.onError(frame.error);
  }

  /** A cable that was pulled closes nothing, and answers no farewell: silence is noticed here, and not waited for. */
  #watch() {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#silence = setTimeout(() => {
      if (!socket) return;
      this.#lost(socket, 0, `nothing was heard for ${MAX_SILENCE / 1000} s`);
      socket.close();
    }, MAX_SILENCE);
  }

  /** @param {WebSocket} socket @param {number} code @param {string} reason */
  #lost(socket, code, reason) {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    socket.onmessage = null;
    clearTimeout(this.#silence);
    this.#isOpen = false;
    if (code === POLICY_VIOLATION) {
      this.#handlers.onLink({ state: 'refused', since: Date.now(), why: reason });
      return;
    }
    this.#lostAt ??= Date.now();
    this.#handlers.onLink({ state: 'lost', since: this.#lostAt, why: reason || 'the bridge does not answer' });
    setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(2 * this.#delay, MAX_DELAY);
  }

  /** @param {object} frame */
  #send(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }
}

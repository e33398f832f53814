import { randomBytes } from 'node:crypto';

import { WebSocketServer } from 'ws';

import { RELAY } from './bounds.js';
import { BrokerFeed } from './broker_feed.js';
import { Page } from './page.js';

/** ms between two looks at why the broker is unavailable. */
const LOOK_AGAIN = 1000;
/** Pieces that a frame of a page comes in, by its own count and by that of the network. */
const PIECES = { maxFragments: 64, maxBufferedChunks: 4096 };
/** RFC 6455, 7.4.1 */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

/**
 * Relays the broker to pages of the dashboard, over a WebSocket at `/mqtt` (docs/reference/dashboard.md): they
 * receive what they subscribe to, and publish commands and questions.
 *
 * The broker itself opens no WebSocket: any website that the trader visits could use it.
 */
export class Relay {
  #broker;
  #admission;
  #about;
  #viewerFault;
  #server = new WebSocketServer({ noServer: true, maxPayload: RELAY.frameBytes, perMessageDeflate: false, ...PIECES });
  /** Those that have shown a token. @type {Set<Page>} */
  #pages = new Set();
  /** Those that have not, the longest waiting first. @type {Set<Page>} */
  #waiting = new Set();
  /** While there are pages. @type {BrokerFeed | undefined} */
  #feed;
  /** What the pages know of it. */
  #told = '';
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {import('../http/admission.js').Admission} admission
   * @param {{version: string, instance: string}} about  this bridge
   * @param {(question: Buffer, client: string) => string} viewerFault  why a viewer may not ask it, a sentence; empty if it may
   */
  constructor(broker, admission, about, viewerFault) {
    this.#broker = broker;
    this.#admission = admission;
    this.#about = about;
    this.#viewerFault = viewerFault;
  }

  /**
   * Take a request to go on as a WebSocket; the server has checked its path.
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:stream').Duplex} socket
   * @param {Buffer} head
   * @returns {number} the status with which it is refused, or 0
   */
  upgrade(request, socket, head) {
    const address = request.socket.remoteAddress;
    const why = this.#admission.refusal(request) || (request.headers.origin === undefined ? 'no page asked' : '');
    if (why) {
      this.#admission.report('websocket', address, why);
      return 403;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#begin(webSocket, address));
    return 0;
  }

  /** Close all pages; they connect again to whatever bridge listens next. */
  async stop() {
    for (const page of [...this.#pages, ...this.#waiting]) page.close(GOING_AWAY, 'the bridge was ended');
    clearInterval(this.#timer);
    await this.#feed?.stop();
  }

  /** @param {import('ws').WebSocket} socket @param {string | undefined} address */
  #begin(socket, address) {
    const page = new Page(socket, randomBytes(8).toString('hex'), {
      admit: (token) => {
        const role = this.#admission.roleOf(token);
        if (!role) this.#admission.report('token', address, 'a page has another token');
        return role;
      },
      greet: () => this.#greet(page),
      subscribe: () => this.#subscribe(),
      isCrowded: () => [...this.#pages].reduce((sum, { unread }) => sum + unread, 0) > RELAY.unreadOfAll,
      publish: (topic, payload) => {
        const why = page.role === 'viewer' ? this.#faultOfViewer(page, topic, payload) : '';
        if (!why) return this.#feed?.publish(topic, payload);
        this.#admission.report('viewer', address, `of a viewer: ${why}`);
        page.send({ error: why });
      },
    });
    socket.once('close', () => this.#end(page));
    // whoever has no token keeps nobody out who has one, and shows it at once
    const [longest] = this.#waiting;
    if (this.#waiting.size >= RELAY.waiting) {
      this.#waiting.delete(longest);
      longest.drop();
    }
    this.#waiting.add(page);
  }

  /** @param {Page} page */
  #greet(page) {
    this.#waiting.delete(page);
    if (this.#pages.size >= RELAY.pages) return page.close(TRY_AGAIN_LATER, `${RELAY.pages} pages are open already.`);
    // they leave room for an operator
    const viewers = [...this.#pages].filter(({ role }) => role === 'viewer').length;
    if (page.role === 'viewer' && viewers >= RELAY.viewers) {
      return page.close(TRY_AGAIN_LATER, `${RELAY.viewers} pages of viewers are open already.`);
    }
    this.#pages.add(page);
    const { client, role } = page;
    page.send({ hello: { client, role, now: new Date().toISOString(), ...this.#about }, ...this.#state() });
    if (this.#feed) return;
    this.#feed = new BrokerFeed(this.#broker, {
      receive: (message) => {
        for (const each of this.#pages) each.offer(message);
      },
      changed: () => this.#tellState(),
      refused: (error) => this.#tell({ error }),
    });
    this.#feed.start();
    this.#timer = setInterval(() => this.#tellState(), LOOK_AGAIN);
  }

  /**
   * @param {Page} page
   * @param {string} topic
   * @param {string} payload
   * @returns {string} why a viewer may not publish it, a sentence; empty if it may
   */
  #faultOfViewer({ client }, topic, payload) {
    if (topic.startsWith('commands/')) return 'commands need the token of an operator';
    return this.#viewerFault(Buffer.from(payload), client);
  }

  /** Pages that want the same get what is retained again when another one comes: it changes nothing for them. */
  #subscribe() {
    this.#feed?.subscribe([...new Set([...this.#pages].flatMap(({ filters }) => filters))]);
  }

  /** @param {Page} page */
  #end(page) {
    this.#waiting.delete(page);
    if (!this.#pages.delete(page)) return;
    if (this.#pages.size > 0) return this.#subscribe();
    clearInterval(this.#timer);
    void this.#feed?.stop();
    this.#feed = undefined;
  }

  /** Tell the pages about the broker, if they know otherwise. */
  #tellState() {
    const state = this.#state();
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    this.#tell(state);
  }

  /** @param {object} frame */
  #tell(frame) {
    for (const page of this.#pages) page.send(frame);
  }

  #state() {
    if (this.#feed?.isConnected) return { broker: { connected: true } };
    return { broker: { connected: false, why: this.#broker.fault ?? 'the connection is being made' } };
  }
}

/** The bounds of the embedded broker, those of contracts/limits.json: a test compares them. */
export const BROKER = {
  /** bytes of a packet, as in mosquitto/mosquitto.conf; and of the first of a connection */
  packet: 2 * 1024 * 1024,
  firstPacket: 128 * 1024,
  /** connections at a time, and those of them that have not sent their first packet */
  connections: 500,
  waiting: 250,
  /** seconds in which it has to come */
  seconds: 10,
  /** subscriptions of a client, and topic filters in a packet */
  filters: 1000,
  /** clients that are away, for which messages are kept */
  sessions: 1000,
  /** bytes that wait for a client that does not read, and for all of these */
  unread: 128 * 1024 * 1024,
  unreadOfAll: 512 * 1024 * 1024,
  /** bytes that wait for clients that are away */
  queued: 512 * 1024 * 1024,
  /** retained messages, and their bytes */
  retained: 10_000,
  retainedBytes: 128 * 1024 * 1024,
};

/** Bytes of a message that waits, besides its payload: what Node.js holds for it. */
const OVERHEAD = 500;
/** ms in which one line of a kind is logged. */
const QUIET = 10_000;

/** A client has gone beyond a bound; the message says beyond which, as a sentence. */
class BoundError extends Error {}

/**
 * Keeps clients from taking all the memory: whoever goes beyond a bound is disconnected, or its message is not kept. aedes
 * itself bounds neither what it reads nor what waits.
 *
 * The broker calls `admit` for each connection.
 */
export class BrokerBounds {
  #aedes;
  #bounds;
  #log;
  /** Open connections. @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  /** Those that have not sent their first packet, the longest waiting first. @type {Set<import('node:net').Socket>} */
  #waiting = new Set();
  #queued = 0;
  /** Bytes of retained messages by topic, and of all. @type {Map<string, number>} */
  #retained = new Map();
  #retainedBytes = 0;
  /** Bytes that were forwarded since all that is unread was summed up. */
  #forwarded = 0;
  /** When a line was logged last. @type {Map<string, number>} */
  #logged = new Map();

  /**
   * @param {any} aedes
   * @param {import('../support/log.js').Log} log
   * @param {typeof BROKER} bounds
   */
  constructor(aedes, log, bounds) {
    this.#aedes = aedes;
    this.#bounds = bounds;
    this.#log = log;
    aedes.on('client', (/** @type {any} */ { conn }) => this.#waiting.delete(conn));
    /** @param {any} _client @param {Error} error */
    const report = (_client, error) => {
      if (error instanceof BoundError) this.#tell(`disconnected a client: ${error.message}`);
    };
    for (const event of ['connectionError', 'clientError']) aedes.on(event, report);
    /** @param {any} client @param {{topic: string}} subscription @param {Function} done */
    aedes.authorizeSubscribe = (client, subscription, done) => {
      const isNew = client.subscriptions[subscription.topic] === undefined;
      const isTooMuch = isNew && Object.keys(client.subscriptions).length >= bounds.filters;
      if (isTooMuch) this.#tell(`refused a subscription: a client has at most ${bounds.filters}`);
      done(null, isTooMuch ? null : subscription); // null is refused [MQTT-3.9.3-1]
    };
    /** @param {any} client @param {any} packet */
    aedes.authorizeForward = (client, packet) => {
      this.#watch(client, packet.payload.length);
      return packet;
    };
    this.#boundQueues(aedes.persistence);
    this.#boundRetained(aedes.persistence);
  }

  /** @param {import('node:net').Socket} socket  that has connected */
  admit(socket) {
    this.#sockets.add(socket);
    this.#waiting.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(socket);
    });
    // whoever says nothing keeps nobody out who does
    const [longest] = this.#waiting;
    if (this.#waiting.size > this.#bounds.waiting) {
      this.#waiting.delete(longest);
      longest.destroy();
      this.#tell(`disconnected a client: more than ${this.#bounds.waiting} had not said who they are`);
    }
    this.#boundPackets(this.#aedes.handle(socket));
  }

  /**
   * @param {string} id  of a client that connects, and asks to have messages kept
   * @returns {Promise<string>} why its session is not kept, a sentence; empty if it may be
   */
  async sessionFault(id) {
    const { persistence } = this.#aedes;
    const { clientsCount } = await persistence.countOffline();
    if (clientsCount < this.#bounds.sessions || (await persistence.subscriptionsByClient({ id })).length > 0) return '';
    const why = `there are ${this.#bounds.sessions} sessions already`;
    this.#tell(`refused a client: ${why}`);
    return why;
  }

  /** End all connections. */
  stop() {
    // aedes would wait for clients that have connected and send nothing
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {any} client  of aedes, just made */
  #boundPackets(client) {
    const parser = client._parser;
    const { packet, firstPacket, filters } = this.#bounds;
    const parseLength = parser._parseLength;
    parser._parseLength = function () {
      if (!parseLength.call(this)) return false;
      const max = client.connecting || client.connected ? packet : firstPacket;
      if (this.packet.length <= max) return true;
      this._emitError(new BoundError(`it sent a packet of ${this.packet.length} bytes, at most ${max} are taken`));
      return false;
    };
    for (const [name, list] of [
      ['_parseSubscribe', 'subscriptions'],
      ['_parseUnsubscribe', 'unsubscriptions'],
    ]) {
      const parse = parser[name];
      parser[name] = function () {
        parse.call(this);
        if (this.packet[list]?.length > filters) {
          this._emitError(new BoundError(`it sent more than ${filters} topic filters at once`));
        }
      };
    }
  }

  /** @param {any} client @param {number} bytes  that are forwarded to it */
  #watch(client, bytes) {
    const { unread, unreadOfAll } = this.#bounds;
    this.#forwarded += bytes + OVERHEAD;
    let slowest = client.conn.writableLength > unread ? client : undefined;
    if (this.#forwarded > unreadOfAll / 64) {
      this.#forwarded = 0;
      const sockets = [...this.#sockets].sort((one, other) => other.writableLength - one.writableLength);
      const all = sockets.reduce((sum, { writableLength }) => sum + writableLength, 0);
      if (all > unreadOfAll) slowest ??= /** @type {any} */ (sockets[0]).client;
    }
    if (!slowest || slowest.closed) return;
    // not within the delivery of a message
    setImmediate(() => {
      if (!slowest.closed) slowest.emit('error', new BoundError('it does not read what it has subscribed to'));
    });
  }

  /** Messages wait for a client that is there, whatever they take: it is about to read them. @param {any} persistence */
  #boundQueues(persistence) {
    const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
    const clear = persistence.outgoingClearMessageId.bind(persistence);
    /** @param {{clientId: string}[]} subscriptions @param {any} packet */
    persistence.outgoingEnqueueCombi = (subscriptions, packet) => {
      const room = this.#queued < this.#bounds.queued;
      const kept = room ? subscriptions : subscriptions.filter(({ clientId }) => this.#aedes.clients[clientId]);
      if (kept.length < subscriptions.length) {
        this.#tell('dropped a message of a client that is away: no more are kept; publish it again when it is back');
      }
      this.#queued += kept.length * (packet.payload.length + OVERHEAD);
      return enqueue(kept, packet);
    };
    /** @param {any} client @param {any} packet */
    persistence.outgoingClearMessageId = async (client, packet) => {
      const cleared = await clear(client, packet);
      if (cleared?.payload) this.#queued -= cleared.payload.length + OVERHEAD;
      return cleared;
    };
  }

  /** @param {any} persistence */
  #boundRetained(persistence) {
    const store = persistence.storeRetained.bind(persistence);
    /** @param {{topic: string, payload: Buffer}} packet */
    persistence.storeRetained = (packet) => {
      const { topic, payload } = packet;
      const bytes = payload.length === 0 ? 0 : payload.length + topic.length + OVERHEAD;
      const before = this.#retained.get(topic);
      const after = this.#retainedBytes - (before ?? 0) + bytes;
      const isNewTopic = before === undefined && this.#retained.size >= this.#bounds.retained;
      if (bytes > 0 && (isNewTopic || after > this.#bounds.retainedBytes)) {
        this.#tell('did not retain a message: there are too many');
        return Promise.resolve();
      }
      this.#retainedBytes = after;
      if (bytes > 0) this.#retained.set(topic, bytes);
      else this.#retained.delete(topic);
      return store(packet);
    };
  }

  /** @param {string} sentence */
  #tell(sentence) {
    const now = performance.now();
    const kind = sentence.replace(/\d+ bytes/, '');
    if (now - (this.#logged.get(kind) ?? -Infinity) < QUIET) return;
    this.#logged.set(kind, now);
    this.#log.warn(`broker: ${sentence}`);
  }
}

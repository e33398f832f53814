import { createServer } from 'node:net';
import { Readable } from 'node:stream';

import { Aedes } from 'aedes';

import { reason, UserError } from '../support/errors.js';
import { BROKER, BrokerBounds } from './broker_bounds.js';

/**
 * Start a broker in this process, on loopback, for trying things out.
 * @param {number} port
 * @param {import('../support/log.js').Log} log
 * @param {typeof BROKER} [bounds]
 * @returns {Promise<{stop: () => void, readonly clients: number, messages: number}>} `stop` ends it, and disconnects all
 *   clients; the numbers are of those that are connected, and of what they have published
 * @throws {UserError} if it cannot listen on the port
 */
export async function startBroker(port, log, bounds = BROKER) {
  const aedes = await Aedes.createBroker({
    connectTimeout: bounds.seconds * 1000,
    // A slow client is not a frozen one: a bridge stops reading while quotes wait.
    drainTimeout: 0,
    // No limit: with one, the quotes that wait for a bridge to read would block its orders, and it waits
    // for their acknowledgement before it reads again.
    concurrency: 0,
  });
  queueWithoutRetain(aedes);
  const guard = new BrokerBounds(aedes, log, bounds);
  keepOrder(aedes, guard);
  aedes.on('publish', (_packet, client) => {
    if (client) running.messages += 1; // the others are its own
  });
  const server = createServer((socket) => guard.admit(socket));
  server.maxConnections = bounds.connections;
  await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new UserError(`cannot listen on 127.0.0.1:${port}: ${reason(error)}; choose another --port`));
    });
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  log.info(`broker listening on mqtt://127.0.0.1:${port}; for trying things out: it keeps nothing on disk`);
  const running = {
    messages: 0,
    get clients() {
      return aedes.connectedClients;
    },
    stop() {
      server.close();
      aedes.close();
      guard.stop();
    },
  };
  return running;
}

/**
 * Queue messages for disconnected clients without the retain flag. [MQTT-3.3.1-9] A message that matches an
 * existing subscription has no retain flag, whatever it was published with: the flag marks the copy that a
 * new subscription receives. aedes 1.2 clears it only for clients that are connected, so that a bridge took
 * the messages of its session for old copies.
 * @param {Aedes} aedes
 */
function queueWithoutRetain(aedes) {
  const { persistence } = /** @type {any} */ (aedes);
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  /** @param {unknown} subscriptions @param {object} packet */
  persistence.outgoingEnqueueCombi = (subscriptions, packet) => enqueue(subscriptions, { ...packet, retain: false });
}

/**
 * Hold new messages for a client that resumes its session until it has been sent those that waited for it. [MQTT-4.6.0-6]
 * Messages on a topic are forwarded in the order in which they came. aedes 1.2 subscribes the client again before it
 * empties the queue: new messages overtook those in it, or came twice, at which it ended the connection.
 * @param {Aedes} aedes
 * @param {BrokerBounds} guard
 */
function keepOrder(aedes, guard) {
  const { persistence } = /** @type {any} */ (aedes);
  const outgoingStream = persistence.outgoingStream.bind(persistence);
  /** What the queue of a client has sent, by their numbers. @type {WeakMap<object, Set<number>>} */
  const sent = new WeakMap();
  /** @param {object} client */
  persistence.outgoingStream = (client) => Readable.from(noting(outgoingStream(client), sent.get(client)));
  aedes.preConnect = (client, packet, done) => {
    if (packet.clean) return done(null, true);
    const numbers = new Set();
    sent.set(client, numbers);
    holdUntilConnected(client, numbers);
    void guard.sessionFault(packet.clientId).then((fault) => done(fault ? new Error(fault) : null, !fault));
  };
}

/**
 * [MQTT-3.3.1-1] What is sent again is marked so, which aedes 1.2 does not do: it has a packet id already.
 * @param {AsyncIterable<{brokerCounter: number, messageId?: number}>} packets
 * @param {Set<number>} [numbers]
 */
async function* noting(packets, numbers) {
  for await (const packet of packets) {
    numbers?.add(packet.brokerCounter);
    yield { ...packet, dup: Boolean(packet.messageId) };
  }
}

/**
 * @param {any} client  of aedes, before its session is resumed
 * @param {Set<number>} sent  the numbers of what its queue has sent, when it is connected
 */
function holdUntilConnected(client, sent) {
  const deliver = client.deliverQoS;
  /** @type {{brokerCounter: number}[] | undefined} */
  let held = [];
  /** @param {{brokerCounter: number}} packet @param {() => void} done */
  client.deliverQoS = (packet, done) => {
    if (!held) return deliver(packet, done);
    held.push(packet);
    setImmediate(done); // its publisher does not wait for this client
  };
  client.once('connected', () => {
    const packets = held ?? [];
    held = undefined;
    for (const packet of packets) if (!sent.has(packet.brokerCounter)) deliver(packet, () => {});
    sent.clear();
  });
}

import { createServer } from 'node:net';

import { Aedes } from 'aedes';

import { reason, UserError } from '../support/errors.js';

/**
 * Start a broker in this process, on loopback, for trying things out.
 * @param {number} port
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<() => void>} stops it, and disconnects all clients
 * @throws {UserError} if it cannot listen on the port
 */
export async function startBroker(port, log) {
  const aedes = await Aedes.createBroker({
    // A slow client is not a frozen one: a bridge stops reading while quotes wait.
    drainTimeout: 0,
    // No limit: with one, the quotes that wait for a bridge to read would block its orders, and it waits
    // for their acknowledgement before it reads again.
    concurrency: 0,
  });
  queueWithoutRetain(aedes);
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new UserError(`cannot listen on 127.0.0.1:${port}: ${reason(error)}; choose another --port`));
    });
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  log.info(
    `broker listening on mqtt://127.0.0.1:${port}; for trying things out: it keeps nothing on disk, and new quotes may overtake those that waited for a reconnect`,
  );
  return () => {
    server.close();
    aedes.close();
    // it would wait for clients that have connected and send nothing
    for (const socket of sockets) socket.destroy();
  };
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

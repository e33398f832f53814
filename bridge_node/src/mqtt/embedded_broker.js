import { createServer } from 'node:net';

import { Aedes } from 'aedes';

import { reason, UserError } from '../support/errors.js';

/**
 * A broker in this process, on loopback, for trying things out.
 * @param {number} port
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<() => void>} ends it, whoever is connected
 * @throws {UserError} if the port cannot be listened on
 */
export async function startBroker(port, log) {
  const aedes = await Aedes.createBroker({
    // A slow algorithm is no frozen client: its bridge reads no further while quotes wait.
    drainTimeout: 0,
    // No limit: with one, quotes that wait for a bridge to read on would keep its orders from being
    // taken, for whose acknowledgement it waits before it reads on.
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
    // it waits for those who have connected and say nothing
    for (const socket of sockets) socket.destroy();
  };
}

/**
 * Queue a message for who is away as it is sent to who is there. [MQTT-3.3.1-9] A message that
 * matches a subscription which was there before it has no retain flag, whatever it was published
 * with: the flag marks the copy that a new subscription receives. aedes 1.2 clears it only for
 * those that are connected, so that a bridge took for an old copy what waited in its session.
 * @param {Aedes} aedes
 */
function queueWithoutRetain(aedes) {
  const { persistence } = /** @type {any} */ (aedes);
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  /** @param {unknown} subscriptions @param {object} packet */
  persistence.outgoingEnqueueCombi = (subscriptions, packet) => enqueue(subscriptions, { ...packet, retain: false });
}

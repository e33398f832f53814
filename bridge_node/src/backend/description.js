import { RemoteError } from '../../zerorpc/index.js';

/**
 * The algorithm's name and the number of its decisions, from a backend's snapshot.
 * @param {import('../../zerorpc/index.js').Client} client
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<{algo?: string, seq?: number}>} without what the snapshot does not tell
 */
export async function describe(client, log) {
  try {
    const { algo, seq } = (await client.invoke('snapshot')) ?? {};
    if (typeof algo !== 'string') log.warn(`the snapshot of the backend at ${client.address} has no name in it`);
    return { algo: typeof algo === 'string' ? algo : undefined, seq: Number.isFinite(seq) ? seq : undefined };
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    log.warn(`the backend at ${client.address} returned no snapshot, and so no name: ${error.message}`);
    return {};
  }
}

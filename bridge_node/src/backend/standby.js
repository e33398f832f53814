import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { describe } from './description.js';

/**
 * Which journal a service has (contracts/README.md, "RPC"): its id, or null where there is none yet, its number of
 * decisions, and how often it was handed over; whether it has handed its account over, and the epoch at which it has
 * taken one over. `file` is null for a service that keeps its decisions in memory.
 * @typedef {{id: string | null, seq: number, epoch: number, is_open: boolean, file: string | null,
 *   handed_over: boolean, taken_over: number | null}} Standing
 */

/**
 * Called before a standby is asked to open its journal, and before a service that has handed its account over is asked
 * to take it back, with the name that it reports; it may move the Backend to another address.
 * @typedef {(name: string, hasHandedOver: boolean) => Promise<void>} MayOpen
 */

/**
 * Have a service decide again that does not: a standby, or one that has handed its account over. Whether a standby can,
 * another service that has its journal open decides.
 * @param {import('../../zerorpc/index.js').Client} client  of a service that tells its standing
 * @param {MayOpen} mayOpen
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<string | null>} the id of its journal
 * @throws {LostRemoteError} if it cannot: it is tried again
 */
export async function openJournal(client, mayOpen, log) {
  /** @type {Standing} */
  const { id, is_open: isOpen, epoch, handed_over: hasHandedOver } = await client.invoke('journal');
  if (isOpen && !hasHandedOver) return id;
  const { algo } = await describe(client, log);
  await mayOpen(algo ?? '', hasHandedOver);
  try {
    return (await client.invoke(hasHandedOver ? 'take_back' : 'acquire', epoch + 1)).id;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    const what = hasHandedOver
      ? 'it has handed its account over, and cannot take it back'
      : 'it is a standby, and cannot open its journal';
    throw new LostRemoteError(`${what}: ${error.message}`);
  }
}

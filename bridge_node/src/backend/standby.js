import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { describe } from './description.js';

/**
 * Which journal a service has (contracts/README.md, "RPC"): its id, or null where there is none yet, its number of
 * decisions, and how often it was handed over.
 * @typedef {{id: string | null, seq: number, epoch: number, is_open: boolean, file: string}} Standing
 */

/**
 * Called before a standby is asked to open its journal, with the name that it reports; it may move the Backend to
 * another address.
 * @typedef {(name: string) => Promise<void>} MayOpen
 */

/**
 * Have a standby open its journal. Whether it can, another service that has it open decides.
 * @param {import('../../zerorpc/index.js').Client} client  of a service with a journal
 * @param {MayOpen} mayOpen
 * @param {import('../support/log.js').Log} log
 * @throws {LostRemoteError} if it cannot: it is tried again
 */
export async function openJournal(client, mayOpen, log) {
  const { is_open: isOpen, epoch } = await client.invoke('journal');
  if (isOpen) return;
  const { algo } = await describe(client, log);
  await mayOpen(algo ?? '');
  try {
    await client.invoke('acquire', epoch + 1);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new LostRemoteError(`it is a standby, and cannot open its journal: ${error.message}`);
  }
}

import { RemoteError } from '../../zerorpc/index.js';
import { UserError } from '../support/errors.js';
import { checkChannels, checkOwnData } from './channels.js';
import { describe } from './description.js';
import { checkKinds, inputsOf } from './inputs.js';
import { methodsOf } from './methods.js';
import { chooseName } from './name.js';
import { openJournal } from './standby.js';

/** @typedef {ReturnType<typeof import('../../zerorpc/index.js').clientKeys>} Keys */

/**
 * What a user decides about a backend.
 * @typedef {object} Config
 * @property {Record<string, unknown>} params  for `initialize`
 * @property {string} [name]  of a backend that has none of its own
 * @property {boolean} [isAnnounced]  whether no other name than this is accepted
 * @property {string[]} [channels]  in place of those that `initialize` returns
 * @property {Keys} [curve]  with them it is reached by CURVE alone
 */

/**
 * Initialise a backend, after it has opened its journal if it is a standby.
 * @param {import('../../zerorpc/index.js').Client} client  that is connected
 * @param {Config} config
 * @param {string} before  its name on the connection before; empty on the first
 * @param {import('./standby.js').MayOpen} mayOpen
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<{methods: Set<string>, inputs: Set<import('../messages/kinds.js').Kind>, channels: string[],
 *   name: string, journalSeq: number | undefined, journalId: string | null | undefined}>} `journalSeq` is the number of
 *   decisions in its journal
 * @throws {UserError} if it is not an algorithm, or refuses
 */
export async function initialised(client, config, before, mayOpen, log) {
  const { address } = client;
  const methods = await methodsOf(client);
  const journalId = methods.has('journal') ? await openJournal(client, mayOpen, log) : undefined;
  let returned;
  try {
    returned = await client.invoke('initialize', config.params);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new UserError(`the backend at ${address} refuses to initialize: ${error.name}: ${error.message}`);
  }
  const channels = config.channels ?? checkChannels(returned);
  const inputs = await inputsOf(client, methods);
  const source = config.channels ? '--channel' : 'initialize';
  checkKinds(channels, inputs, source);
  const { algo, seq } = methods.has('snapshot') ? await describe(client, log) : {};
  const name = chooseName({ address, algo, given: config.name, isAnnounced: config.isAnnounced, before }, log);
  checkOwnData(channels, name, source);
  const journalSeq = methods.has('orders_since') ? seq : undefined;
  return { methods, inputs, channels, name, journalSeq, journalId };
}

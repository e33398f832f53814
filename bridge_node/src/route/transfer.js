/** Decides what goes over at a swap. */

import { epochOf } from '../messages/duty.js';
import { Move } from './move.js';
import { checkDead, Replacement } from './replacement.js';
import { SwapRefusal } from './swap_ends.js';

/** @typedef {import('../backend/standby.js').Standing} Standing */

/**
 * The journal, if both backends have the same one, and otherwise an account.
 * @param {string} algo  the name
 * @param {import('../messages/command.js').Command} command
 * @param {import('./swap_ends.js').SwapEnds} ends  connected
 * @param {import('../messages/duty.js').Duty} duty  before the swap
 * @param {import('./replacement.js').ReplacementParts} parts
 * @returns {Promise<import('./move.js').Transfer>}
 * @throws {SwapRefusal} if it is not possible, or would falsify an account
 */
export async function transferOf(algo, command, ends, duty, parts) {
  const { backend, next, from, to } = ends;
  /** @type {Standing | undefined} */
  const standing = next.has('journal') ? await ends.askNext('journal') : undefined;
  /** @type {Standing | undefined} */
  const own = backend.ready && backend.has('journal') ? await ends.askBackend('journal') : undefined;
  const epoch = Math.max(own?.epoch ?? 0, standing?.epoch ?? 0, epochOf(duty)) + 1;
  const haveJournals = backend.has('release') && next.has('acquire');
  if (haveJournals && standing?.id === (own ? own.id : backend.journalId)) {
    if (command.positions !== 'flatten') return new Move(ends, epoch, parts.initialize);
    throw new SwapRefusal(
      `${to} has the journal of ${from}, with all that it holds: --positions flatten is for a service with another journal`,
    );
  }
  if (standing) checkNew(standing, haveJournals, command, ends, own);
  if (backend.ready) await checkAccount(algo, command, ends);
  else checkDead(ends, command);
  return new Replacement(algo, command, ends, epoch, parts);
}

/**
 * @param {Standing} standing  of the new backend, which has another journal, or none
 * @param {boolean} haveJournals
 * @param {import('../messages/command.js').Command} command
 * @param {import('./swap_ends.js').SwapEnds} ends
 * @param {Standing | undefined} own
 */
function checkNew(standing, haveJournals, { positions }, { from, to }, own) {
  // whoever starts a standby means a journal that is handed over, and may have mistyped its name
  if (haveJournals && !standing.is_open && positions === undefined) {
    throw new SwapRefusal(
      `${to} has another journal (${standing.file}) than ${from}${own ? ` (${own.file})` : ''}: start it with the same --journal, and --standby; or, if another algorithm is to go on with the account, say --positions keep or --positions flatten`,
    );
  }
  if (standing.handed_over) {
    throw new SwapRefusal(`${to} has handed its own account over, and takes none: start a service with a new journal`);
  }
  if (standing.file !== null && standing.seq > 0 && standing.taken_over === null) {
    throw new SwapRefusal(
      `the journal at ${to} (${standing.file}) has ${standing.seq} decisions of its own: start it with a new one`,
    );
  }
}

/**
 * @param {string} algo
 * @param {import('../messages/command.js').Command} command
 * @param {import('./swap_ends.js').SwapEnds} ends  of which the backend before answers
 */
async function checkAccount(algo, { positions }, ends) {
  const { backend, next, from, to } = ends;
  if (!backend.has('hand_over')) {
    if (positions !== undefined) {
      throw new SwapRefusal(
        `the backend at ${from} has no method "hand_over", so that what it holds can be neither kept nor sold: without --positions ${to} begins with an account of its own`,
      );
    }
    const snapshot = backend.hasSnapshot ? await ends.askBackend('snapshot') : undefined;
    if (typeof snapshot?.cash === 'number') {
      throw new SwapRefusal(
        `the backend at ${from} shows an account, and has no method "hand_over": ${algo} would go on with another one`,
      );
    }
    return;
  }
  if (positions === 'flatten' && !(backend.takesCommands && backend.hasSnapshot)) {
    throw new SwapRefusal(`the backend at ${from} takes no commands, and so no flatten`);
  }
  if (!next.has('take_over') && positions !== 'flatten') {
    throw new SwapRefusal(
      `the backend at ${to} has no method "take_over", so that it would not know what ${algo} holds: --positions flatten sells that first`,
    );
  }
}

/** Where the backend of an algorithm is, once it was swapped: a part of bridges/<algo> (contracts/bridge.schema.json). */

import { isMap } from './map.js';

/** Addresses that an assignment outranks. */
const MAX_REPLACED = 16;

/**
 * The backend that serves an algorithm in place of others.
 * @typedef {object} Assignment
 * @property {string} address
 * @property {number} epoch
 * @property {string[]} instead_of  addresses, the latest first
 * @property {string} id  of the command
 */

/**
 * What goes from one backend to the other at a swap: the journal, or an account.
 * @typedef {'move' | 'replace'} SwapKind
 */

/**
 * A swap that is under way; one without a kind moves.
 * @typedef {{from: string, to: string, epoch: number, id: string, kind?: SwapKind}} Intent
 */

/** @typedef {{assignment?: Assignment, swap?: Intent}} Duty */

/**
 * @param {Buffer} payload  of bridges/<algo>
 * @returns {Duty} empty if nothing was swapped
 */
export function readDuty(payload) {
  let record;
  try {
    record = JSON.parse(payload.toString());
  } catch {
    return {};
  }
  if (!isMap(record)) return {};
  const { assignment, swap } = record;
  return {
    ...(isAssignment(assignment) && { assignment }),
    ...(isIntent(swap) && { swap }),
  };
}

/** @param {Duty} duty */
export function epochOf({ assignment, swap }) {
  return Math.max(assignment?.epoch ?? 0, swap?.epoch ?? 0);
}

/**
 * Whether it says where a backend is that is known by an address.
 * @param {Duty} duty
 * @param {string} address
 */
export function concerns({ assignment, swap }, address) {
  // the account may be at the old backend, whichever of the two the bridge is sent to; a journal is where it is open
  if (swap?.from === address || (swap?.kind === 'replace' && swap.to === address)) return true;
  return assignment?.address === address || assignment?.instead_of.includes(address) === true;
}

/**
 * @param {Assignment | undefined} before
 * @param {Intent} swap  that is done
 * @returns {Assignment}
 */
export function assigned(before, { from, to, epoch, id }) {
  const others = [from, ...(before?.instead_of ?? [])].filter((address) => address !== to);
  return { address: to, epoch, instead_of: [...new Set(others)].slice(0, MAX_REPLACED), id };
}

/**
 * @param {unknown} value
 * @returns {value is Assignment}
 */
function isAssignment(value) {
  if (!isMap(value)) return false;
  const { address, epoch, instead_of: others, id } = value;
  const areTexts = [address, id].every((text) => typeof text === 'string');
  return (
    areTexts && Number.isInteger(epoch) && Array.isArray(others) && others.every((each) => typeof each === 'string')
  );
}

/**
 * @param {unknown} value
 * @returns {value is Intent}
 */
function isIntent(value) {
  if (!isMap(value)) return false;
  const { from, to, epoch, id, kind = 'move' } = value;
  if (kind !== 'move' && kind !== 'replace') return false;
  return [from, to, id].every((text) => typeof text === 'string') && Number.isInteger(epoch);
}

/** Reads what a person asks of an algorithm (contracts/README.md, "Commands"). */

import { InvalidTimeError, MessageError, shown } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';
import { isReachable } from './address.js';
import { LIMITS } from './limits.js';
import { isMap } from './map.js';
import { instant, SECOND } from './time.js';
import { isWithin, readId } from './values.js';

/**
 * A command in the one form that a backend receives (contracts/command.schema.json#/$defs/canonical); of a swap,
 * which the bridge carries out itself, with up to three fields more.
 * @typedef {{channel: string, id: string, command: string, by?: string, reason?: string,
 *   expires?: string | number, to?: string, force?: boolean, positions?: 'keep' | 'flatten'}} Command
 */

/** The command that is the bridge's own. */
export const SWAP = 'swap';
export const COMMANDS = ['halt', 'resume', 'reset', 'flatten', SWAP];
/** What would be dangerous if it came late: these are not carried out after their expiry. */
const EXPIRING = ['resume', 'flatten', SWAP];
/** The reason of the orders that they refuse. */
const HALTING = ['halt', 'flatten'];
const FIELDS = ['command', 'id', 'reason', 'by', 'ts', 'expires'];
const SWAP_FIELDS = [...FIELDS, 'to', 'force', 'positions'];
/** What becomes of the positions at a swap to another algorithm. */
export const POSITIONS = ['keep', 'flatten'];
/** Seconds after its `ts` that a command counts for, if it expires and does not say when. */
export const COUNTS_FOR = 60;
/** Of a halt for which none is given. */
const NO_REASON = 'no reason given';
/** A message, for the error that refuses another. */
export const EXAMPLE = '{"command": "halt", "id": "h1", "reason": "news"}';

/**
 * @param {string} channel  the topic that it came on
 * @param {Record<string, unknown>} message
 * @param {() => string} newId  called if it has no id
 * @returns {Command}
 * @throws {MessageError} with the code and the reason, if the message breaks the contract
 */
export function readCommand(channel, message, newId) {
  const { command } = message;
  if (command === undefined) {
    throw new MessageError('command_missing', `"command" is missing: it is ${listed()}`);
  }
  if (typeof command !== 'string' || !COMMANDS.includes(command)) {
    const near = typeof command === 'string' ? didYouMean(command, COMMANDS) : '';
    throw new MessageError('command_unknown', `"command" is ${shown(command, 80)}${near || `: it is ${listed()}`}`);
  }
  const fields = command === SWAP ? SWAP_FIELDS : FIELDS;
  for (const name of Object.keys(message)) {
    if (fields.includes(name)) continue;
    const near = didYouMean(name, fields) || `, which are ${fields.join(', ')}`;
    throw new MessageError('command_field', `${shown(name, 80)} is not a field of a command${near}`);
  }
  const by = readText(message.by, 'by', LIMITS.by);
  const reason =
    readText(message.reason, 'reason', LIMITS.reason) ?? (HALTING.includes(command) ? NO_REASON : undefined);
  const expires = readExpiry(command, message);
  const positions = command === SWAP ? readPositions(message.positions) : undefined;
  return {
    channel,
    id: message.id === undefined ? newId() : readId(message.id),
    command,
    ...(by !== undefined && { by }),
    ...(reason !== undefined && { reason }),
    ...(expires !== undefined && { expires }),
    ...(command === SWAP && { to: readAddress(message.to), force: readForce(message.force) }),
    ...(positions !== undefined && { positions }),
  };
}

/**
 * Whether it is too late to carry a command out.
 * @param {Command} command
 * @param {number} now  ms since 1970
 */
export function hasExpired({ expires }, now) {
  return expires !== undefined && instant(expires) < BigInt(now) * 1_000_000n;
}

/** @param {Command} command  that has expired */
export function expiryText({ command, expires }) {
  return `${command} has expired, at ${expires}, and was not carried out`;
}

/**
 * The id of a command of the bridge's own that follows from another one: the same whenever it is made.
 * @param {string} id  of the other one
 * @param {string} what  it does
 */
export function followingId(id, what) {
  const kept = LIMITS.id - what.length - 1;
  return `${[...id].slice(0, kept).join('')}/${what}`;
}

/**
 * @param {unknown} message  that was refused
 * @returns {string | undefined} its id, if it can be read
 */
export function idOf(message) {
  if (!isMap(message) || message.id === undefined) return undefined;
  try {
    return readId(message.id);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return undefined;
  }
}

/**
 * @param {string} command
 * @param {Record<string, unknown>} message
 * @returns {string | number | undefined} as it was given, or after `ts`; undefined if it does not expire
 */
function readExpiry(command, message) {
  const ts = timeOf(message, 'ts');
  const expires = timeOf(message, 'expires');
  if (expires) return expires.value;
  if (!EXPIRING.includes(command)) return undefined;
  if (ts) return expiryAfter(ts);
  const { ts: _ts, expires: _expires, ...rest } = message;
  const example = shown({ ...rest, ts: '2026-01-31T10:00:00Z' }, 200);
  throw new MessageError(
    'command_expiry',
    `${command} needs a time after which it is not carried out: "expires", or "ts" for ${COUNTS_FOR} seconds from then, such as ${example}`,
  );
}

/**
 * @param {{value: string | number, ns: bigint}} ts
 * @returns {string}
 * @throws {InvalidTimeError} if the expiry would be none: its year is beyond the last one
 */
function expiryAfter({ value, ns }) {
  const expires = textOf(ns + BigInt(COUNTS_FOR) * SECOND);
  try {
    instant(expires);
  } catch (error) {
    if (!(error instanceof InvalidTimeError)) throw error;
    throw new InvalidTimeError(error.code, value, `it would expire ${COUNTS_FOR} seconds later, and ${error.sentence}`);
  }
  return expires;
}

/**
 * @param {Record<string, unknown>} message
 * @param {'ts' | 'expires'} key
 * @returns {{value: string | number, ns: bigint} | undefined} undefined if it is absent
 */
function timeOf(message, key) {
  const value = /** @type {string | number | null | undefined} */ (message[key]);
  if (value === undefined || value === null) return undefined;
  try {
    return { value, ns: instant(value) };
  } catch (error) {
    if (!(error instanceof InvalidTimeError)) throw error;
    throw new InvalidTimeError(error.code, value, error.sentence, key);
  }
}

/** @param {bigint} ns  since 1970 */
function textOf(ns) {
  const fraction = ((ns % SECOND) + SECOND) % SECOND;
  const second = new Date(Number((ns - fraction) / SECOND) * 1000).toISOString().slice(0, 19);
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
  return `${second}${digits}Z`;
}

/**
 * @param {unknown} value
 * @param {string} key
 * @param {number} maxLength  in characters
 * @returns {string | undefined} undefined if it is absent
 */
function readText(value, key, maxLength) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && isWithin(value, maxLength)) return value;
  throw new MessageError(
    'command_text',
    `"${key}" is ${shown(value, 80)}: it has to be a text of 1 to ${maxLength} characters`,
  );
}

/** @param {unknown} to */
function readAddress(to) {
  if (isReachable(to)) return to;
  const given = to === undefined ? 'missing' : shown(to, 80);
  throw new MessageError('command_address', `"to" is ${given}: it has to be an address such as tcp://127.0.0.1:4243`);
}

/** @param {unknown} force */
function readForce(force) {
  if (force === undefined || force === null) return false;
  if (typeof force === 'boolean') return force;
  throw new MessageError('command_force', `"force" is ${shown(force, 80)}: it has to be true or false`);
}

/**
 * @param {unknown} positions
 * @returns {'keep' | 'flatten' | undefined} undefined if it is absent
 */
function readPositions(positions) {
  if (positions === undefined || positions === null) return undefined;
  if (positions === 'keep' || positions === 'flatten') return positions;
  const near = typeof positions === 'string' ? didYouMean(positions, POSITIONS) : '';
  throw new MessageError(
    'command_positions',
    `"positions" is ${shown(positions, 80)}${near || `: it is ${POSITIONS.join(' or ')}`}`,
  );
}

function listed() {
  return `${COMMANDS.slice(0, -1).join(', ')} or ${COMMANDS.at(-1)}`;
}

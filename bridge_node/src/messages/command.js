/** Reads what a person asks of an algorithm (contracts/README.md, "Commands"). */

import { InvalidTimeError, MessageError, shown } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';
import { LIMITS } from './limits.js';
import { isMap } from './map.js';
import { instant, SECOND } from './time.js';
import { isWithin, readId } from './values.js';

/**
 * A command in the one form that a backend receives (contracts/command.schema.json#/$defs/canonical).
 * @typedef {{channel: string, id: string, command: string, by?: string, reason?: string,
 *   expires?: string | number}} Command
 */

export const COMMANDS = ['halt', 'resume', 'reset', 'flatten'];
/** What would be dangerous if it came late: these are not carried out after their expiry. */
const EXPIRING = ['resume', 'flatten'];
/** The reason of the orders that they refuse. */
const HALTING = ['halt', 'flatten'];
const FIELDS = ['command', 'id', 'reason', 'by', 'ts', 'expires'];
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
  for (const name of Object.keys(message)) {
    if (FIELDS.includes(name)) continue;
    const near = didYouMean(name, FIELDS) || `, which are ${FIELDS.join(', ')}`;
    throw new MessageError('command_field', `${shown(name, 80)} is not a field of a command${near}`);
  }
  const by = readText(message.by, 'by', LIMITS.by);
  const reason =
    readText(message.reason, 'reason', LIMITS.reason) ?? (HALTING.includes(command) ? NO_REASON : undefined);
  const expires = readExpiry(command, message);
  return {
    channel,
    id: message.id === undefined ? newId() : readId(message.id),
    command,
    ...(by !== undefined && { by }),
    ...(reason !== undefined && { reason }),
    ...(expires !== undefined && { expires }),
  };
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
  if (ts) return textOf(ts.ns + BigInt(COUNTS_FOR) * SECOND);
  const { ts: _ts, expires: _expires, ...rest } = message;
  const example = shown({ ...rest, ts: '2026-01-31T10:00:00Z' }, 200);
  throw new MessageError(
    'command_expiry',
    `${command} needs a time after which it is not carried out: "expires", or "ts" for ${COUNTS_FOR} seconds from then, such as ${example}`,
  );
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

function listed() {
  return `${COMMANDS.slice(0, -1).join(', ')} or ${COMMANDS.at(-1)}`;
}

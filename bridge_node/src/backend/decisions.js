import { LIMITS } from '../messages/limits.js';
import { UserError } from '../support/errors.js';
import { publicationNameFault } from './publications.js';

/**
 * What an input led to: its orders and fills as JSON text, or as the bytes of that text; or why there are none.
 * `data` is what the algorithm shares with others. A command has a reply, too. `halt` is what halts/<algo> retains
 * from then on, for a backend without a journal.
 * @typedef {{orders: (string | Uint8Array)[], fills: (string | Uint8Array)[], reply?: string | Uint8Array,
 *   data?: import('./publications.js').Publication[], halt?: import('../messages/halt.js').Halt | null}} Decision
 * @typedef {{error: string, traceback?: string}} Failure
 * @typedef {Decision | Failure} Outcome
 */

/**
 * Check what `events` returned.
 * @param {unknown} entries  with texts as bytes
 * @param {number} count  of the inputs in the call
 * @returns {Outcome[]}
 * @throws {UserError} if they are not what `events` returns
 */
export function readDecisions(entries, count) {
  if (!Array.isArray(entries) || entries.length !== count) {
    const returned = Array.isArray(entries) ? `${entries.length} entries` : 'something that is not a list';
    throw new UserError(`the backend's events returned ${returned} for ${count} inputs`);
  }
  return entries.map((entry) => {
    if (isTexts(entry?.orders) && isTexts(entry.fills) && (entry.reply === undefined || isText(entry.reply))) {
      return entry.data === undefined ? entry : { ...entry, data: readData(entry) };
    }
    if (isText(entry?.error)) {
      return { error: read(entry.error), traceback: isText(entry.traceback) ? read(entry.traceback) : undefined };
    }
    throw new UserError(`the backend's events returned ${show(entry)}: an entry has orders and fills, or error`);
  });
}

/**
 * @param {{data: unknown}} entry
 * @returns {import('./publications.js').Publication[]}
 */
function readData(entry) {
  const { data } = entry;
  if (Array.isArray(data) && data.every((each) => isText(each?.name) && isText(each.text))) {
    const publications = data.map(({ name, text }) => ({ name: read(name), text }));
    if (!publications.some(({ name }) => publicationNameFault(name))) return publications;
  }
  throw new UserError(
    `the backend's events returned ${show(entry)}: its data has to be a list of maps with name, a text of 1 to ${LIMITS.publicationName} characters, and text`,
  );
}

/**
 * @param {unknown} list
 * @returns {list is Uint8Array[]}
 */
function isTexts(list) {
  return Array.isArray(list) && list.every(isText);
}

/**
 * @param {unknown} value
 * @returns {value is Uint8Array}
 */
function isText(value) {
  return value instanceof Uint8Array;
}

/** @param {Uint8Array} text */
function read(text) {
  return Buffer.from(text).toString();
}

/** @param {unknown} entry  with texts as bytes */
function show(entry) {
  const text = JSON.stringify(entry, function (key, value) {
    return isText(this[key]) ? read(this[key]) : value; // `value` is what toJSON of a Buffer has made of it
  });
  return String(text).slice(0, 80);
}

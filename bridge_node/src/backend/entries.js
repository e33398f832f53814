import { UserError } from '../support/errors.js';

/**
 * Check what `events` returned.
 * @param {unknown} entries  their texts as bytes
 * @param {number} count  of the quotes that were handed over
 * @returns {(import('./backend.js').Decision | import('./backend.js').Failure)[]}
 * @throws {UserError} if they are not what `events` returns
 */
export function readEntries(entries, count) {
  if (!Array.isArray(entries) || entries.length !== count) {
    throw new UserError(
      `the backend's events answered ${count} quotes with ${Array.isArray(entries) ? `${entries.length} entries` : 'no list'}`,
    );
  }
  return entries.map((entry) => {
    if (isTexts(entry?.orders) && isTexts(entry.fills)) return entry;
    if (isText(entry?.error))
      return { error: read(entry.error), traceback: isText(entry.traceback) ? read(entry.traceback) : undefined };
    throw new UserError(`the backend's events answered ${show(entry)}: an entry has orders and fills, or error`);
  });
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
    return isText(this[key]) ? read(this[key]) : value; // as a Buffer has written itself already
  });
  return String(text).slice(0, 80);
}

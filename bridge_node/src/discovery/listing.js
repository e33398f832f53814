import { ownerOf } from '../messages/claim.js';
import { money, price, printable } from './text.js';

/** @typedef {import('./directory.js').Directory} Directory */

const TITLES = ['name', 'state', 'address', 'served by', 'equity', 'last quote'];
const UNKNOWN = '-';
const GAP = '  ';
/** Characters of a text of others in a cell. */
const MAX_SHOWN = 128;

/**
 * The algorithms at a broker as a table.
 * @param {Directory} directory  that has been read
 * @returns {string[]} its lines, the titles first
 */
export function table(directory) {
  const rows = [TITLES, ...directory.names.map((name) => row(directory, name))];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((cells) => [...cells[column]].length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell + ' '.repeat(widths[column] - [...cell].length))
      .join(GAP)
      .trimEnd(),
  );
}

/**
 * The same as JSON, with all that the records hold.
 * @param {Directory} directory
 */
export function asJson(directory) {
  return JSON.stringify(directory.names.map((name) => fields(directory, name)));
}

/**
 * @param {Directory} directory
 * @param {string} name
 */
function row({ records, claims, snapshots, answered, isDenied }, name) {
  const record = records.get(name);
  const claim = claims.get(name);
  const { equity, last } = snapshots.get(name) ?? { equity: null, last: null };
  const served = claim && printable(ownerOf(claim), MAX_SHOWN) + (isDenied || answered.has(name) ? '' : ', no answer');
  return [
    printable(name, MAX_SHOWN),
    record?.state ?? UNKNOWN,
    record?.address ?? UNKNOWN,
    served ?? UNKNOWN,
    equity === null ? UNKNOWN : money(equity),
    last ? `${printable(last.sid, MAX_SHOWN)} ${price(last.price)}` : UNKNOWN,
  ];
}

/**
 * @param {Directory} directory
 * @param {string} name
 */
function fields({ records, claims, snapshots, answered, isDenied }, name) {
  const claim = claims.get(name);
  const { equity, last } = snapshots.get(name) ?? { equity: null, last: null };
  return {
    name,
    ...(records.get(name) ?? { state: null, address: null }),
    served_by: claim ? { host: claim.host, pid: claim.pid, answers: isDenied ? null : answered.has(name) } : null,
    equity,
    last,
  };
}

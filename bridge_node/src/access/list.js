import { X509Certificate } from 'node:crypto';

import { roleAt, rolesOf } from './clients.js';
import { ADMIN, BROKER } from './folder.js';

const TITLES = ['name', 'role', 'certificate until'];
const GAP = '  ';

/**
 * The clients, their roles, and until when the certificates are valid.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {import('./control.js').Control} control
 * @returns {Promise<string[]>} the lines of a table, the titles first
 */
export async function list(folder, control) {
  const { clients, roles } = await control.read();
  const names = [...new Set([...clients.keys(), ...folder.clients])].filter((name) => name !== ADMIN).sort();
  const rows = [
    TITLES,
    ['authority', '-', until(folder.read('authority', 'ca.crt'))],
    [BROKER, '-', until(folder.certificateOf(BROKER))],
    [ADMIN, '-', until(folder.certificateOf(ADMIN))],
  ];
  for (const name of names) {
    const has = rolesOf(clients.get(name)).map((role) => {
      const given = roles.get(roleAt(name, role))?.textdescription ?? '';
      return `${role} ${given}`.trimEnd();
    });
    const isHere = folder.clients.includes(name);
    rows.push([name, has.join(', ') || '-', isHere ? until(folder.certificateOf(name)) : '-']);
  }
  const widths = TITLES.map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join(GAP)
      .trimEnd(),
  );
}

/** @param {string} cert  as PEM @returns {string} a day, and that it is over */
function until(cert) {
  const end = new Date(new X509Certificate(cert).validTo);
  return end.toISOString().slice(0, 10) + (end.getTime() < Date.now() ? ' (expired)' : '');
}

import { X509Certificate } from 'node:crypto';

import { Authority, newPassword } from './authority.js';
import { ADMIN, BROKER, NEXT } from './folder.js';
import { checkKnown } from './names.js';
import { READ_AGAIN, refuse } from './revoke.js';

/**
 * Give a client another password, key and certificate: what it had is refused.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {import('./control.js').Control} control
 * @param {string} name
 * @returns {Promise<string[]>} what to tell, as lines
 * @throws {UserError} if there is no such client
 */
export async function rotate(folder, control, name) {
  checkKnown(name, 'client', [...folder.clients, BROKER]);
  const password = newPassword();
  const pair = await (await Authority.of(folder)).signClient(name);
  await control.ask([{ command: 'setClientPassword', username: name, password }]);
  await refuse(folder, name);
  folder.writeClient(name, { ...pair, password });
  return [`${name} has another password, key and certificate. ${READ_AGAIN}`];
}

/**
 * The same for the administrator. The broker ends our connection before it has answered: whether it has the new password
 * is known once that is accepted.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {import('./control.js').Control} control
 * @param {() => Promise<unknown>} tryNext  connects with the next password, and then settles it
 * @returns {Promise<string[]>} what to tell, as lines
 */
export async function rotateAdmin(folder, control, tryNext) {
  const password = newPassword();
  const pair = await (await Authority.of(folder)).signClient(ADMIN);
  // kept before it is sent: nobody could give the administrator another one
  folder.writePrivate(`${password}\n`, ADMIN, NEXT);
  await control.ask([{ command: 'setClientPassword', username: ADMIN, password }]).catch(() => {});
  await tryNext();
  await refuse(folder, ADMIN);
  folder.writeClient(ADMIN, { ...pair, password });
  return [`${ADMIN} has another password, key and certificate. ${READ_AGAIN}`];
}

/**
 * Renew the broker's own certificate, for the same names.
 * @param {import('./folder.js').AccessFolder} folder
 * @returns {Promise<string[]>} what to tell, as lines
 */
export async function rotateBroker(folder) {
  const server = await (await Authority.of(folder)).signServer(hostsOf(folder.certificateOf(BROKER)));
  folder.writePrivate(server.key, 'broker', 'server.key');
  folder.writePublic(server.cert, 'broker', 'server.crt');
  return ['the broker has another key and certificate: it shows them once it is started again, or gets SIGHUP'];
}

/**
 * @param {string} cert  of a broker, as PEM
 * @returns {string[]} the names and addresses by which it is reached
 */
export function hostsOf(cert) {
  const { subjectAltName = '' } = new X509Certificate(cert);
  return subjectAltName.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
}

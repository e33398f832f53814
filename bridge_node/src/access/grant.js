import { Authority, newPassword } from './authority.js';
import { clientWith, roleAt, rolesOf, shownRoles } from './clients.js';
import { checkClientName, checkKnown } from './names.js';
import { checkGiven, checkRole, rightsOf, written } from './roles.js';
import { aclsOf } from './security.js';
import { UserError } from '../support/errors.js';

/**
 * @typedef {{name: string, role: string, given: import('./roles.js').Given, prefix: string}} Wanted
 */

/**
 * What can be said without the broker.
 * @param {Wanted} wanted
 * @throws {UserError} if there is no such role, or the client cannot have this name
 */
export function checkWanted({ name, role, given }) {
  checkClientName(name);
  checkRole(role);
  checkGiven(role, given);
}

/**
 * Let a client do what a role allows, from now on; a client that is not there is made.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {import('./control.js').Control} control
 * @param {Wanted} wanted  that was checked
 * @returns {Promise<string[]>} what to tell, as lines
 * @throws {UserError} if the name is taken, or the broker refuses
 */
export async function grant(folder, control, { name, role, given, prefix }) {
  const { clients, roles } = await control.read();
  const devices = [...clients.values()].filter((client) => rolesOf(client).includes('device'));
  const names = devices.map(({ username }) => username);
  for (const other of given.reads ?? []) checkKnown(other, 'device', names);
  const known = clients.get(name);
  const isNew = !folder.clients.includes(name);
  if (known && isNew) {
    throw new UserError(
      `the name ${name} is taken: the broker knows such a client, and ${folder.join('clients')} does not. Choose another name, or revoke this one first`,
    );
  }
  if (isNew) {
    const authority = await Authority.of(folder);
    folder.writeClient(name, { ...(await authority.signClient(name)), password: newPassword() });
  }
  const rolename = roleAt(name, role);
  const all = [...new Set([...rolesOf(known), role])].sort();
  try {
    await control.ask([
      {
        command: roles.has(rolename) ? 'modifyRole' : 'createRole',
        rolename,
        textdescription: written(given),
        acls: aclsOf(rightsOf(role, name, given, prefix)),
      },
      ...(known ? [] : [{ command: 'createClient', username: name, password: folder.passwordOf(name) }]),
      // it ends connections, too: one with a certificate of a former client of this name would get its rights
      { command: 'modifyClient', ...clientWith(name, all) },
    ]);
  } catch (error) {
    if (isNew) folder.removeClient(name);
    throw error;
  }
  return [`${name} has ${shownRoles(all)}; what it connects with is in ${folder.join('clients', name)}`];
}

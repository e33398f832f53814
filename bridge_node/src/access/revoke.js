import { Authority } from './authority.js';
import { clientWith, roleAt, rolesOf, shownRoles } from './clients.js';
import { ADMIN, BROKER } from './folder.js';
import { checkKnown } from './names.js';
import { checkRole } from './roles.js';
import { UserError } from '../support/errors.js';

/** A broker reads the list of refused certificates at its start, and at this signal. */
export const READ_AGAIN = 'The broker refuses the former certificate once it is started again, or gets SIGHUP';

/**
 * What can be said without the broker.
 * @param {string} name
 * @param {string} [role]
 * @throws {UserError} if there is no such role, or the client is needed
 */
export function checkUnwanted(name, role) {
  if (role !== undefined) checkRole(role);
  if (name !== ADMIN && name !== BROKER) return;
  throw new UserError(`${name} cannot be revoked: \`bridge-node access rotate ${name}\` renews what it has`);
}

/**
 * Take a role from a client, or remove it: its connections end at once.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {import('./control.js').Control} control
 * @param {{name: string, role?: string}} unwanted  all of it without a role
 * @returns {Promise<string[]>} what to tell, as lines
 * @throws {UserError} if there is no such client, or it does not have the role
 */
export async function revoke(folder, control, { name, role }) {
  const { clients } = await control.read();
  const known = clients.get(name);
  checkKnown(
    name,
    'client',
    [...clients.keys(), ...folder.clients].filter((each) => each !== ADMIN),
  );
  if (role !== undefined) return revokeRole(control, name, role, rolesOf(known));
  if (known) {
    await control.ask([
      { command: 'deleteClient', username: name },
      ...rolesOf(known).map((each) => ({ command: 'deleteRole', rolename: roleAt(name, each) })),
    ]);
  }
  if (!folder.clients.includes(name)) return [`${name} is revoked`];
  await refuse(folder, name);
  folder.removeClient(name);
  return [`${name} is revoked: its connections have ended, and it has no rights. ${READ_AGAIN}`];
}

/**
 * Have the broker refuse the present certificate of a client.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {string} name
 */
export async function refuse(folder, name) {
  const authority = await Authority.of(folder);
  const list = await authority.revoke(folder.read('broker', 'revoked.crl'), folder.certificateOf(name));
  folder.writePublic(list, 'broker', 'revoked.crl');
}

/**
 * @param {import('./control.js').Control} control
 * @param {string} name
 * @param {string} role
 * @param {string[]} roles  that the client has
 */
async function revokeRole(control, name, role, roles) {
  if (!roles.includes(role)) {
    throw new UserError(`${name} does not have the role ${role}: it has ${shownRoles(roles)}`);
  }
  const rest = roles.filter((each) => each !== role);
  await control.ask([
    { command: 'modifyClient', ...clientWith(name, rest) },
    { command: 'deleteRole', rolename: roleAt(name, role) },
  ]);
  return [`${name} has ${shownRoles(rest)}${rest.length > 0 ? '' : ' any more'}`];
}

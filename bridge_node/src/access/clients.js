import { ROLES } from './roles.js';

/** The roles of clients at the broker. A role of one client is named `client:role`: its topics are those of this client. */

/**
 * @param {string} name
 * @param {string} role
 */
export const roleAt = (name, role) => `${name}:${role}`;

/**
 * @param {import('./control.js').KnownClient | undefined} client
 * @returns {string[]} the names of its roles, in order
 */
export function rolesOf(client) {
  if (!client) return [];
  const own = roleAt(client.username, ''); // others may have been made by other means
  const names = client.roles.map(({ rolename }) => rolename).filter((name) => name.startsWith(own));
  return names.map((name) => name.slice(own.length)).sort();
}

/** @param {string[]} roles */
export function shownRoles(roles) {
  if (roles.length === 0) return 'no role';
  return `the role${roles.length > 1 ? 's' : ''} ${roles.join(' and ')}`;
}

/**
 * A client as commands describe it. One whose roles have one connection each has its name as its client id: with
 * any other id, such as that of a bridge's session, the broker refuses it.
 * @param {string} username
 * @param {string[]} roles
 */
export function clientWith(username, roles) {
  const isOne = roles.every((role) => ROLES[role]?.connections === 'one');
  return {
    username,
    clientid: isOne ? username : '',
    roles: roles.map((role) => ({ rolename: roleAt(username, role) })),
  };
}

import { isIP } from 'node:net';

/**
 * Ends of names that the public DNS does not have: RFC 6761, RFC 6762, `internal`, `corp` and `home` by decisions of
 * ICANN, `svc` of Kubernetes, `lan` of many routers.
 */
const PRIVATE = ['localhost', 'local', 'internal', 'corp', 'home', 'svc', 'lan'];

/**
 * Why a request is for another server, or comes from a page of another one.
 *
 * A website can have a name of its own resolve to this computer, and then read what is asked under it (DNS rebinding).
 * Such a name is one of the public DNS: it has a dot, and is not an address. Names of containers, and of a local network,
 * are nobody else's.
 * @param {import('node:http').IncomingMessage} request
 * @param {string[]} own  names that are this server's besides, perhaps with a port
 * @param {string} option  that gives it a name
 * @returns {string} a sentence; empty if it is for this server
 */
export function foreignness({ headers: { host, origin } }, own, option) {
  if (host === undefined) return ''; // no browser: it has asked by HTTP/1.0
  const name = nameIn(host);
  if (isPublic(name) && !own.some((each) => nameIn(each) === name)) {
    return `the host "${host.slice(0, 100)}" is not one of this server: ask by its address, or name it by ${option}`;
  }
  return isOwnOrigin(origin, host) ? '' : foreignPage(origin);
}

/**
 * Whether a request comes from a page of the host that it is for, or from no page.
 * @param {string | undefined} origin
 * @param {string} host
 */
export function isOwnOrigin(origin, host) {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

/** @param {string | undefined} origin */
export const foreignPage = (origin) =>
  `a page of "${String(origin).slice(0, 100)}" asked, and only pages of this server may`;

/** @param {string} host  perhaps with a port */
export const nameIn = (host) => host.toLowerCase().replace(/:\d+$/, '');

/** @param {string} name */
function isPublic(name) {
  if (!name.includes('.') || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return false;
  return !PRIVATE.includes(name.slice(name.lastIndexOf('.') + 1));
}

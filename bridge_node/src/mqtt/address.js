import { isIPv6 } from 'node:net';

import { UserError } from '../support/errors.js';
import { withoutPassword, withoutQuery } from '../support/without_password.js';

const EXAMPLE = 'mqtt://127.0.0.1:1883 or mqtt://user:password@host';
/** How a password is written in an address, for the errors that a wrong spelling may cause. */
export const ENCODED =
  'in a user name or a password special characters are percent-encoded: ":" is %3A, "@" is %40, "/" is %2F, "#" is %23, "?" is %3F, "%" is %25';

/** scheme, user name and password, host, port, path with query */
const ADDRESS = /^([a-z]+):\/\/(?:([^/?#@\s]*)@)?(\[[^\]]*\]|[^/?#@:[\]\s]+)(?::(\d*))?([/?][^#@\s]*)?$/i;

/**
 * A broker's address, in parts.
 * @typedef {object} Address
 * @property {string} shown  as it may be logged
 * @property {'mqtt' | 'mqtts' | 'ws' | 'wss'} protocol
 * @property {string} host  an IPv6 address has no brackets
 * @property {number} [port]
 * @property {string} [path]  of a WebSocket, with its query
 * @property {string} [username]
 * @property {string} [password]
 */

/**
 * @param {string} text  mqtt://[user:password@]host[:port], or with mqtts:, ws: or wss:
 * @returns {Address}
 * @throws {UserError} if it is not an address; the sentence holds no password
 */
export function parseAddress(text) {
  const [, scheme, credentials = '', bracketed, port, path] = ADDRESS.exec(text) ?? [];
  const protocol = scheme?.toLowerCase();
  if (protocol !== 'mqtt' && protocol !== 'mqtts' && protocol !== 'ws' && protocol !== 'wss') {
    throw fault(text, `a broker's address is written ${EXAMPLE}, or with mqtts:, ws: or wss:`);
  }
  const host = bracketed.replace(/^\[|\]$/g, '');
  if (host === bracketed ? !URL.canParse(`http://${host}`) : !isIPv6(host)) throw fault(text, 'its host is not valid');
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65535)) {
    throw fault(text, 'after the host comes the port, a whole number from 1 to 65535');
  }
  const isWebSocket = protocol.startsWith('ws');
  if (path !== undefined && path !== '/' && !isWebSocket) {
    throw fault(text, 'after host and port nothing may follow; only ws: and wss: have a path');
  }
  const { username, password } = readCredentials(text, credentials);
  const user = credentials.split(':', 1)[0] + (password === undefined ? '' : ':***');
  const shown = `${protocol}://${user && `${user}@`}${bracketed}${port ? `:${port}` : ''}`;
  return {
    shown: isWebSocket && path ? shown + withoutQuery(path) : shown,
    protocol,
    host,
    port: port ? Number(port) : undefined,
    path: isWebSocket ? path : undefined,
    username,
    password,
  };
}

/**
 * @param {string} address
 * @param {string} credentials  "user:password" as it stands in it
 */
function readCredentials(address, credentials) {
  const colon = credentials.indexOf(':');
  const [user, password] = colon < 0 ? [credentials] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  try {
    return {
      username: user ? decodeURIComponent(user) : undefined,
      password: password ? decodeURIComponent(password) : undefined,
    };
  } catch {
    throw fault(
      address,
      'a "%" in its user name or password is not followed by two hexadecimal digits that encode a character',
    );
  }
}

/**
 * @param {string} address
 * @param {string} sentence
 */
function fault(address, sentence) {
  const shown = withoutPassword(address);
  return new UserError(`--mqtt is "${shown}": ${sentence}${shown === address ? '' : `; ${ENCODED}`}`);
}

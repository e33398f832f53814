import { isIP } from 'node:net';

import { Authority, newPassword } from './authority.js';
import { ADMIN } from './folder.js';
import { firstState } from './security.js';
import { UserError } from '../support/errors.js';

/** The listener for clients with several connections, in mosquitto/secure/mosquitto.conf. */
const PORT = 8885;

/**
 * Make an authority, the broker's certificate, the client that administers the broker, and tokens for a dashboard.
 * @param {import('./folder.js').AccessFolder} folder
 * @param {string[]} hosts  by which clients reach the broker
 * @returns {Promise<string[]>} what to tell, as lines
 */
export async function init(folder, hosts) {
  hosts.forEach(checkHost);
  folder.create();
  const pair = await Authority.make();
  folder.writePublic(pair.cert, 'authority', 'ca.crt');
  folder.writePrivate(pair.key, 'authority', 'ca.key');
  const authority = await Authority.read(pair);
  const server = await authority.signServer(hosts);
  folder.writePublic(pair.cert, 'broker', 'ca.crt');
  folder.writePublic(server.cert, 'broker', 'server.crt');
  folder.writePrivate(server.key, 'broker', 'server.key');
  folder.writePublic(await authority.revoke(), 'broker', 'revoked.crl');
  const password = newPassword();
  folder.writePrivate(firstState(password), 'broker', 'dynamic-security.json');
  folder.writeClient(ADMIN, { ...(await authority.signClient(ADMIN)), password });
  for (const who of ['operator', 'viewer']) folder.writePrivate(`${newPassword()}\n`, 'http', who);
  const address = `mqtts://${isIP(hosts[0]) === 6 ? `[${hosts[0]}]` : hosts[0]}:${PORT}`;
  folder.writePublic(`${address}\n`, ADMIN, 'address'); // the last one: with it the folder is complete
  return [
    `${folder.path} is made for a broker at ${hosts.join(', ')}, which clients reach by these names only`,
    `the broker reads ${folder.join('broker')}; no other part gets anything of it, or of ${folder.join('authority')}`,
  ];
}

/**
 * @param {string} host
 * @throws {UserError} if it is none
 */
function checkHost(host) {
  if (isIP(host)) return;
  const isName =
    host.length <= 253 && host.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label));
  if (isName) return;
  throw new UserError(
    `--host is "${host}": it is a name or an address, without a port, such as broker.example, 192.0.2.2 or ::1`,
  );
}

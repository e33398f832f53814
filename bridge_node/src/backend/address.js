import { isAddress, tcpParts } from '../../zerorpc/address.js';
import { UserError } from '../support/errors.js';
import { withoutPassword } from '../support/without_password.js';

/**
 * @param {string} address
 * @returns {string} the address
 * @throws {UserError} if it is not the address of a backend
 */
export function checkBackend(address) {
  if (isAddress(address)) return address;
  const port = tcpParts(address)?.port;
  const fault =
    port !== undefined
      ? `its port is ${port}, and a port is a whole number from 1 to 65535`
      : "a backend's address is written tcp://127.0.0.1:4242";
  // there is no password in one, unless somebody takes it for another address
  const shown = address.includes('@') ? withoutPassword(address) : address;
  throw new UserError(`--rpc is "${shown}": ${fault}`);
}

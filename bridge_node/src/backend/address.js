import { isAddress, tcpParts } from '../../zerorpc/address.js';
import { UserError } from '../support/errors.js';

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
  throw new UserError(`--rpc is "${address}": ${fault}`);
}

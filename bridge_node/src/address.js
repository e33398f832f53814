import { isAddress } from '../zerorpc/index.js';
import { UserError } from './errors.js';

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

/**
 * @param {string} address
 * @returns {string} the address
 * @throws {UserError} if it is no address of a broker
 */
export function checkBroker(address) {
  const { protocol, hostname } = URL.canParse(address) ? new URL(address) : { protocol: '', hostname: '' };
  if (!SCHEMES.includes(protocol) || hostname === '') {
    throw new UserError(`--mqtt is "${address}": a broker's address is written mqtt://127.0.0.1:1883`);
  }
  return address;
}

/**
 * @param {string} address
 * @returns {string} the address
 * @throws {UserError} if it is no address of a backend
 */
export function checkBackend(address) {
  if (!isAddress(address)) {
    throw new UserError(`--rpc is "${address}": a backend's address is written tcp://127.0.0.1:4242`);
  }
  return address;
}

/**
 * @param {string} address
 * @returns {string} the address as it may be logged
 */
export function withoutPassword(address) {
  const url = new URL(address);
  if (url.password) url.password = '***';
  return url.href.replace(/\/$/, '');
}

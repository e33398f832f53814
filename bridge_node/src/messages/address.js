/** The address of a backend, as others reach it (contracts/algo.schema.json). */

import { isAddress, tcpParts } from '../../zerorpc/address.js';
import { LIMITS } from './limits.js';

const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/;
/** Hosts at which a server listens, and nobody reaches it. */
const WILDCARDS = ['0.0.0.0', '[::]'];

/**
 * @param {unknown} value
 * @returns {value is string}
 */
export function isReachable(value) {
  if (typeof value !== 'string' || value.length > LIMITS.address) return false;
  const { host, port } = tcpParts(value) ?? { host: '', port: '' };
  return isAddress(value) && HOST.test(host) && !WILDCARDS.includes(host) && !port.startsWith('0');
}

/** The address of a backend, as others reach it (contracts/algo.schema.json). */

import { LIMITS } from './limits.js';

const HOST = /^tcp:\/\/([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([1-9]\d*)$/;
/** Hosts at which a server listens, and nobody reaches it. */
const WILDCARDS = ['0.0.0.0', '[::]'];
const MAX_PORT = 65535;

/**
 * @param {unknown} value
 * @returns {value is string}
 */
export function isReachable(value) {
  if (typeof value !== 'string' || value.length > LIMITS.address) return false;
  const [, host, port] = HOST.exec(value) ?? [];
  return host !== undefined && !WILDCARDS.includes(host) && Number(port) <= MAX_PORT;
}

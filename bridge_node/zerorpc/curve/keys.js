import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { KeysError } from '../errors.js';
import { readPair, readPublic } from './certificate.js';

/**
 * What a client shows to a server, and knows it by.
 * @typedef {{serverKey: string, publicKey: string, secretKey: string}} ClientKeys
 */

/**
 * What a server shows itself by, and the folder with the public keys of the clients that it admits.
 * @typedef {{publicKey: string, secretKey: string, clients: string}} ServerKeys
 */

/**
 * The keys of a client: `client.key_secret` and `server.key` of a folder.
 * @param {string} folder
 * @returns {ClientKeys}
 * @throws {KeysError} if one cannot be used
 */
export function clientKeys(folder) {
  check(folder, 'client.key_secret');
  return { ...readPair(join(folder, 'client.key_secret')), serverKey: readPublic(join(folder, 'server.key')) };
}

/**
 * The keys of a server: `server.key_secret` of a folder. It admits those of `clients/*.key` there.
 * @param {string} folder
 * @returns {ServerKeys}
 * @throws {KeysError} if they cannot be used
 */
export function serverKeys(folder) {
  check(folder, 'server.key_secret');
  return { ...readPair(join(folder, 'server.key_secret')), clients: join(folder, 'clients') };
}

/**
 * @param {string} folder
 * @param {string} needed
 */
function check(folder, needed) {
  let there;
  try {
    there = readdirSync(folder);
  } catch (cause) {
    throw new KeysError(`there is no folder ${folder} with keys`, { cause });
  }
  if (there.includes(needed)) return;
  throw new KeysError(`${folder} has no ${needed}, but ${there.sort().join(', ') || 'nothing'}`);
}

import { readFileSync, statSync } from 'node:fs';

import { KeysError } from '../errors.js';

// Files of keys as pyzmq's zmq.auth and CZMQ write them (https://rfc.zeromq.org/spec/26 has the keys, Z85 their form).

const KEY = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;

/**
 * @param {string} file
 * @returns {string} the public key, as 40 characters
 * @throws {KeysError} if it holds none
 */
export function readPublic(file) {
  return keyOf(file, read(file), 'public');
}

/**
 * @param {string} file
 * @returns {{publicKey: string, secretKey: string}}
 * @throws {KeysError} if it does not hold both, or if others than its owner may read it
 */
export function readPair(file) {
  const text = read(file);
  const { mode: bits, uid } = statSync(file);
  const mode = bits & 0o777;
  // Kubernetes lets a pod read a secret by its group; its owner is another user
  if (mode & (uid === process.getuid?.() ? 0o077 : 0o007)) {
    throw new KeysError(
      `${file} holds a secret key, and others than its owner may read it (mode 0${mode.toString(8)}): chmod 600 ${file}`,
    );
  }
  return { publicKey: keyOf(file, text, 'public'), secretKey: keyOf(file, text, 'secret') };
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch (cause) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
    throw new KeysError(`${file} ${code === 'ENOENT' ? 'is not there' : `cannot be read: ${message}`}`, { cause });
  }
}

/**
 * @param {string} file
 * @param {string} text
 * @param {'public' | 'secret'} what
 */
function keyOf(file, text, what) {
  const key = new RegExp(`^[ \\t]*${what}-key[ \\t]*=[ \\t]*["']?([^"'\\s]*)`, 'm').exec(text)?.[1];
  if (key === undefined) throw new KeysError(`${file} holds no ${what} key`);
  if (!KEY.test(key)) throw new KeysError(`the ${what} key in ${file} is none: a key has 40 characters of Z85`);
  return key;
}

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { reason, UserError } from '../support/errors.js';

/** The client that administers the roles. */
export const ADMIN = 'admin';
/** The administrator's password that the broker may have already. */
export const NEXT = 'password.next';
/** Under which `rotate` renews the broker's own certificate. */
export const BROKER = 'broker';
/** Whose file names are fixed: clients are started with them. */
export const FILES = { ca: 'ca.crt', cert: 'client.crt', key: 'client.key', password: 'password' };

const PRIVATE = 0o600;
const PUBLIC = 0o644;
const OTHERS = 0o077;

/**
 * What one client has to show: PEM texts, and a password.
 * @typedef {{cert: string, key: string, password: string}} Credentials
 */

/**
 * The access folder: the authority, what the broker reads, a folder for each client, and the tokens of the dashboard
 * (docs/how-to/secure.md).
 * Nobody but its owner may read it.
 */
export class AccessFolder {
  /** @param {string} path */
  constructor(path) {
    if (!path) throw new UserError('--dir is empty: it names the access folder');
    this.path = path;
  }

  /**
   * Make it.
   * @throws {UserError} if something is there
   */
  create() {
    if (isFolder(this.path) && readdirSync(this.path).length > 0) {
      throw new UserError(`${this.path} is there, and not empty: \`access init\` makes a new folder`);
    }
    for (const part of ['.', 'authority', 'broker', 'clients', 'http', ADMIN]) this.#makeFolder(part);
  }

  /**
   * @returns {this}
   * @throws {UserError} if it is none, or if others may read it
   */
  check() {
    const admin = join(this.path, ADMIN);
    if (!existsSync(join(admin, 'address'))) {
      throw new UserError(`${this.path} is no access folder: \`bridge-node access init\` makes one`);
    }
    for (const folder of [this.path, join(this.path, 'authority'), admin]) {
      const mode = statSync(folder).mode & 0o777;
      if (mode & OTHERS) {
        throw new UserError(`${folder} can be read by others (mode 0${mode.toString(8)}): chmod 700 ${folder}`);
      }
    }
    return this;
  }

  /** @param {string[]} parts @returns {string} */
  join(...parts) {
    return join(this.path, ...parts);
  }

  /** @param {string[]} parts */
  read(...parts) {
    const file = this.join(...parts);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new UserError(`${file} cannot be read: ${reason(error)}`);
    }
  }

  /**
   * Write a file as a whole, which only its owner may read.
   * @param {string} text
   * @param {string[]} parts
   */
  writePrivate(text, ...parts) {
    this.#write(parts, text, PRIVATE);
  }

  /**
   * Write a file as a whole, with what anyone may know.
   * @param {string} text
   * @param {string[]} parts
   */
  writePublic(text, ...parts) {
    this.#write(parts, text, PUBLIC);
  }

  /** The names of the clients that have a folder, in order. */
  get clients() {
    return readdirSync(this.join('clients'))
      .filter((name) => !name.startsWith('.'))
      .sort();
  }

  /** @param {string} name */
  partOf(name) {
    return name === ADMIN ? [ADMIN] : ['clients', name];
  }

  /**
   * Write what a client gets.
   * @param {string} name
   * @param {Credentials} credentials
   */
  writeClient(name, { cert, key, password }) {
    const part = this.partOf(name);
    this.#makeFolder(...part);
    this.writePublic(this.read('authority', 'ca.crt'), ...part, FILES.ca);
    this.writePrivate(key, ...part, FILES.key);
    this.writePublic(cert, ...part, FILES.cert);
    this.writePrivate(`${password}\n`, ...part, FILES.password);
  }

  /** @param {string} name */
  passwordOf(name) {
    return this.read(...this.partOf(name), FILES.password).trimEnd();
  }

  /** Whether a rotation of the administrator was not completed. */
  get isRotating() {
    return existsSync(this.join(ADMIN, NEXT));
  }

  /** The broker has the next password. */
  settle() {
    renameSync(this.join(ADMIN, NEXT), this.join(ADMIN, FILES.password));
  }

  /** @param {string} name */
  certificateOf(name) {
    return name === BROKER ? this.read('broker', 'server.crt') : this.read(...this.partOf(name), FILES.cert);
  }

  /** @param {string} name */
  removeClient(name) {
    rmSync(this.join('clients', name), { recursive: true, force: true });
  }

  /**
   * Make a folder that its owner alone can use.
   * @param {string[]} parts
   * @throws {UserError} if it cannot be made
   */
  #makeFolder(...parts) {
    const path = this.join(...parts);
    try {
      makeMissing(path);
      chmodSync(path, 0o700); // it may have been there, as the place of a volume
      this.#give(path);
    } catch (error) {
      throw new UserError(`${path} cannot be made: ${reason(error)}`);
    }
  }

  /**
   * Write a file as a whole.
   * @param {string[]} parts
   * @param {string} text
   * @param {number} mode
   */
  #write(parts, text, mode) {
    const path = this.join(...parts);
    const beside = `${path}.new`;
    try {
      rmSync(beside, { force: true }); // one that a killed command has left may have another mode
      writeFileSync(beside, text, { mode, flag: 'wx', flush: true });
      this.#give(beside);
      renameSync(beside, path);
    } catch (error) {
      throw new UserError(`${path} cannot be written: ${reason(error)}`);
    }
  }

  /**
   * What root makes belongs to the owner of the folder, as whom the parts run that read it.
   * @param {string} path
   */
  #give(path) {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(this.path);
    chownSync(path, uid, gid);
  }
}

/**
 * Make a folder, and those above it. `mkdirSync` has `recursive`, which never returns below a folder that is there and lets none be made in it, such as /proc.
 * @param {string} path
 */
function makeMissing(path) {
  if (isFolder(path)) return;
  makeMissing(dirname(path));
  mkdirSync(path);
}

/** @param {string} path */
function isFolder(path) {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // why, says who makes it
  }
}

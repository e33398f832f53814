import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of a mode: others may read or write, and others may pass. */
const OF_OTHERS = 0o006;
const PASSABLE = 0o001;

/**
 * What is wrong with the file of a secret that everyone on this machine can read, or replace. Only of a regular file of
 * the user who runs: who mounts secrets into a container, as Docker and Kubernetes do, has chosen their modes.
 * @param {string} option  that names the file, such as --key
 * @param {string} file
 * @returns {string} a sentence; empty if it is not so
 */
export function sharedSecret(option, file) {
  return isShared(file)
    ? `${option} ${file} can be read by everyone on this machine: \`chmod o= ${file}\` changes that`
    : '';
}

/** @param {string} file */
function isShared(file) {
  try {
    const status = statSync(file);
    if (!status.isFile() || status.uid !== process.getuid?.() || !(status.mode & OF_OTHERS)) return false;
    for (let folder = dirname(realpathSync(file)); ; folder = dirname(folder)) {
      if (!(statSync(folder).mode & PASSABLE)) return false;
      if (folder === dirname(folder)) return true;
    }
  } catch {
    return false; // it cannot be read, which is said elsewhere
  }
}

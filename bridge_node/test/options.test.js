/** How the options of the broker are read, and what is said of secrets that others can see. */

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { readBroker } from '../src/mqtt/options.js';

/**
 * The file of a password with this mode, in a folder with this one.
 * @param {import('node:test').TestContext} t
 * @param {number} mode
 * @param {number} above
 */
function secretOf(t, mode, above) {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'password');
  writeFileSync(file, 'hush\n');
  chmodSync(file, mode);
  chmodSync(folder, above);
  return file;
}

for (const [mode, above, isTold] of /** @type {[number, number, boolean][]} */ ([
  [0o600, 0o755, false],
  [0o640, 0o755, false],
  [0o644, 0o700, false],
  [0o644, 0o755, true],
])) {
  const modes = `${mode.toString(8)} in a folder with ${above.toString(8)}`;
  test(`a password file with mode ${modes} is ${isTold ? '' : 'not '}told of`, (t) => {
    const passwordFile = secretOf(t, mode, above);
    const { warnings } = readBroker({ mqtt: 'mqtt://b', username: 'ann', passwordFile });
    const line = `--password-file ${passwordFile} can be read by everyone on this machine: \`chmod o= ${passwordFile}\` changes that`;
    assert.deepEqual(warnings, isTold ? [line] : []);
  });
}

test('a password on the command line is told of without it, and one in a variable is not', () => {
  const mqtt = 'mqtt://ann:hush@b';
  assert.deepEqual(readBroker({ mqtt }).warnings, []);
  const { warnings } = readBroker({ mqtt, isShown: true });
  assert.match(warnings.join(), /^the password in --mqtt can be seen .* --password-file, or a variable, keeps it/);
  assert.ok(!warnings.join().includes('hush'));
  assert.deepEqual(readBroker({ mqtt: 'mqtt://ann@b', isShown: true }).warnings, []);
});

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { portOf } from './helpers.js';

const ROOT = new URL('..', import.meta.url).pathname;

/** @param {import('node:test').TestContext} t */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'package-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('the package holds what the command needs, and no tests', async (t) => {
  const place = folder(t);
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', place], { cwd: ROOT, encoding: 'utf8' });
  const [{ filename, files }] = JSON.parse(packed);
  const paths = files.map((/** @type {{path: string}} */ { path }) => path);
  const others = paths.filter(
    (/** @type {string} */ path) => !/^(bin|src|dashboard|zerorpc)\/(?!test)[\w/-]+\.js$/.test(path),
  );
  const page = ['icon.svg', 'index.html', 'style.css'].map((name) => `dashboard/${name}`);
  assert.deepEqual(others, [...page, 'package.json', 'zerorpc/README.md']);
  execFileSync('tar', ['xf', filename], { cwd: place });
  symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
  const command = join(place, 'package', 'bin', 'bridge-node.js');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.equal(execFileSync(command, ['--version'], { encoding: 'utf8' }), `${version}\n`);
  // all of both parts is loaded before they find that the port is taken
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  for (const words of [['--http'], ['broker', '--port']]) {
    const env = { ...process.env, LOG_FORMAT: 'text' };
    const { status, stderr } = spawnSync(command, [...words, String(portOf(taken))], { encoding: 'utf8', env });
    assert.match(stderr, /^bridge-node: .*cannot listen on 127\.0\.0\.1/);
    assert.equal(status, 2);
  }
});

test('an older Node.js than package.json requires gets one sentence', (t) => {
  const place = folder(t);
  cpSync(join(ROOT, 'bin'), join(place, 'bin'), { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ type: 'module', engines: { node: '>=999' } }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(place, 'bin', 'bridge-node.js')], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    `bridge-node: it needs Node.js 999 or newer, and this is ${process.version} (${process.execPath})\n`,
  );
  assert.equal(status, 2);
});

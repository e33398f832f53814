import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, after, describe, test } from 'node:test';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The folder of an installed package. @param {string} name */
function installed(name) {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      require.resolve(join(folder, name, 'package.json'));
      return join(folder, name);
    } catch {
      // not there
    }
  }
  throw new Error(`${name} is not installed`);
}

describe('the package, packed and installed elsewhere', () => {
  /** @type {string} */
  let place;
  /** @type {string[]} */
  let paths;
  before(() => {
    place = mkdtempSync(join(tmpdir(), 'zerorpc-js-'));
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', place], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf('[')));
    paths = files.map((/** @type {{path: string}} */ { path }) => path);
    const home = join(place, 'node_modules', 'zerorpc-js');
    mkdirSync(home, { recursive: true });
    execFileSync('tar', ['xf', join(place, filename), '--strip-components=1'], { cwd: home });
    for (const name of ['zeromq', '@msgpack/msgpack', '@types/node']) {
      mkdirSync(dirname(join(place, 'node_modules', name)), { recursive: true });
      symlinkSync(installed(name), join(place, 'node_modules', name));
    }
    writeFileSync(join(place, 'package.json'), JSON.stringify({ type: 'module' }));
  });
  after(() => rmSync(place, { recursive: true }));

  test('holds the code, its types, the page and the example, and no tests', () => {
    const others = paths.filter((path) => !/^(?!test|example)[\w/-]+\.js$|^types\/[\w/-]+\.d\.ts$/.test(path));
    assert.deepEqual(others, ['LICENSE', 'README.md', 'example/call.js', 'example/clock.js', 'package.json']);
    assert(paths.includes('types/index.d.ts'));
  });

  test('is imported by its name', () => {
    const code = `
      import { Client, ZerorpcError } from 'zerorpc-js';
      const client = new Client('tcp://127.0.0.1:1');
      const error = await client.connect({ timeout: 100 }).catch((error) => error);
      await client.close();
      console.log(error instanceof ZerorpcError, error.name);`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: place,
      encoding: 'utf8',
    });
    assert.equal(ended.stdout, 'true TimeoutError\n', ended.stderr);
  });

  test('does what its page begins with', () => {
    const page = readFileSync(join(place, 'node_modules', 'zerorpc-js', 'README.md'), 'utf8');
    const [, code] = /** @type {RegExpExecArray} */ (/```js\n(.*?)```/s.exec(page));
    writeFileSync(join(place, 'page.js'), code.replace('tcp://127.0.0.1:4242', 'tcp://127.0.0.1:0'));
    const ended = spawnSync(process.execPath, ['page.js'], { cwd: place, encoding: 'utf8' });
    assert.equal(ended.stdout, "{ side: 'buy', sid: 'GOOG', quantity: 1 }\n0\n1\n2\n", ended.stderr);
  });

  test('tells TypeScript which arguments it takes', () => {
    const check = (/** @type {string} */ line) => {
      writeFileSync(join(place, 'use.ts'), `import { Client, Server } from 'zerorpc-js';\n${line}\n`);
      const tsc = join(installed('typescript'), 'bin', 'tsc');
      const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
      return spawnSync(process.execPath, [tsc, ...options, 'use.ts'], { cwd: place, encoding: 'utf8' });
    };
    const right = check(`
      export const heard: Promise<void> = new Client('tcp://a:1', { heartbeat: 1 }).connect();
      export const address: Promise<string> = new Server({ echo: (value: unknown) => value }).bind('tcp://a:1');
      for await (const item of new Client('tcp://a:1').stream('items', 1)) console.log(item);
      export {};`);
    assert.equal(right.stdout, '');
    assert.equal(right.status, 0);
    assert.match(check('new Client(4242), Server;').stdout, /'number' is not assignable to parameter of type 'string'/);
  });
});

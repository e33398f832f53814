import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

import { Authority } from '../src/access/authority.js';
import { AccessFolder } from '../src/access/folder.js';
import { init } from '../src/access/init.js';
import { list } from '../src/access/list.js';
import { checkClientName } from '../src/access/names.js';
import { checkGiven, checkRole, rightsOf, ROLES, written } from '../src/access/roles.js';
import { hostsOf } from '../src/access/rotate.js';

const contract = JSON.parse(readFileSync(new URL('../../contracts/roles.json', import.meta.url), 'utf8'));

/** @param {import('node:test').TestContext} t */
function place(t) {
  const path = mkdtempSync(join(tmpdir(), 'access-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** @param {string} path @returns {[string, string][]} every file and folder with its mode */
function modes(path) {
  const names = ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' })];
  return names.map((name) => [name, (statSync(join(path, name)).mode & 0o777).toString(8)]);
}

test('the roles are those of the contract', () => {
  const told = Object.entries(contract).map(([name, { about, ...role }]) => {
    assert.equal(typeof about, 'string');
    return [name, role];
  });
  assert.deepEqual(ROLES, Object.fromEntries(told));
});

test('the rights of a role are topics of its client, below the prefix', () => {
  /** @type {[string, string, object, string, string[], string[]][]} */
  const cases = [
    ['feed', 'f', {}, '', [], ['quotes/#', 'errors/f', 'stats/+']],
    [
      'feed',
      'f',
      { channel: ['a', 'b/#'], source: ['s t'] },
      'p/',
      [],
      ['p/a', 'p/b/#', 'p/errors/s%20t', 'p/stats/+'],
    ],
    ['device', 'd', {}, '', ['quotes/d/#'], ['quotes/d/#']],
    ['device', 'd', { reads: ['e', 'f'] }, '', ['quotes/d/#', 'quotes/e/#', 'quotes/f/#'], ['quotes/d/#']],
    ['service', 'random', {}, '', ['algos/random'], ['algos/random', 'stats/+']],
    ['service', 's', { algo: ['a', '+'] }, '', ['algos/a', 'algos/+'], ['algos/a', 'algos/+', 'stats/+']],
    ['venue', 'v', { algo: ['50% $&'] }, '', ['orders/50%25%20$&'], ['executions/50%25%20$&', 'stats/+']],
  ];
  for (const [role, name, given, prefix, reads, writes] of cases) {
    assert.deepEqual(rightsOf(role, name, given, prefix), { reads, writes });
  }
  assert.ok(rightsOf('bridge', 'b', {}, 'p/').reads.includes('$SYS/broker/publish/messages/dropped'));
  assert.equal(written({ reads: ['e'], channel: ['a', 'b'] }), '--channel a --channel b --reads e');
});

test('what cannot be granted is a sentence', () => {
  /** @type {[() => void, RegExp][]} */
  const cases = [
    [() => checkRole('fed'), /^there is no role "fed": did you mean "feed"\?$/],
    [() => checkRole('toString'), /^there is no role "toString": the roles are feed, bridge, /],
    [() => checkGiven('bridge', { reads: ['a'] }), /^the role bridge takes no --reads: it takes --channel$/],
    [() => checkGiven('feed', { channel: ['orders/x'] }), /would receive orders\/…, which is no channel$/],
    [() => checkGiven('feed', { channel: ['#'] }), /would receive orders\/…/],
    [() => checkGiven('feed', { channel: ['$CONTROL/#'] }), /^--channel \$CONTROL\/#: topics that begin with "\$"/],
    [() => checkGiven('service', { algo: ['a/b'] }), /^--algo is "a\/b": a name has no "\/"/],
    [() => checkClientName('admin'), /^the name admin is taken/],
    [() => checkClientName('tickwire-bridge-random'), /^the name tickwire-bridge-random is taken: client ids/],
    [() => checkClientName('../x'), /^NAME is "\.\.\/x": it has 1 to 64 letters/],
    [() => checkClientName('+'), /^NAME is "\+"/],
  ];
  for (const [call, message] of cases) assert.throws(call, { name: 'UserError', message });
  for (const name of ['roof', 'A.b_c-1', 'x'.repeat(64)]) checkClientName(name);
});

test('a new folder can be read by nobody else, and is not made twice', async (t) => {
  const path = join(place(t), 'access');
  mkdirSync(path, { mode: 0o755 }); // as the place of a volume
  const folder = new AccessFolder(path);
  assert.throws(() => folder.check(), {
    message: `${path} is no access folder: \`bridge-node access init\` makes one`,
  });
  const lines = await init(folder, ['broker.example', '192.0.2.2', '::1']);
  const isPublic = /\.(crt|crl)$|address$/;
  for (const [name, mode] of modes(path)) {
    const isFolder = statSync(join(path, name)).isDirectory();
    assert.equal(mode, isFolder ? '700' : isPublic.test(name) ? '644' : '600', name);
  }
  const secret = folder.passwordOf('admin');
  const tokens = ['operator', 'viewer'].map((who) => folder.read('http', who).trimEnd());
  assert.equal(new Set([secret, ...tokens]).size, 3);
  for (const each of [secret, ...tokens]) assert.match(each, /^[\w-]{32}$/);
  const state = folder.read('broker', 'dynamic-security.json');
  for (const text of [...lines, state]) assert.ok(!text.includes(secret));
  assert.deepEqual(new Set(Object.values(JSON.parse(state).defaultACLAccess).slice(0, 3)), new Set([false]));
  assert.equal(folder.read('admin', 'address'), 'mqtts://broker.example:8885\n');
  await assert.rejects(init(folder, ['localhost']), {
    message: `${path} is there, and not empty: \`access init\` makes a new folder`,
  });
  for (const host of ['mqtts://x', 'x:1883', 'a b', '']) {
    await assert.rejects(init(new AccessFolder(join(path, 'other')), [host]), {
      name: 'UserError',
      message: /^--host is "/,
    });
  }
  folder.check();
  chmodSync(path, 0o750);
  assert.throws(() => folder.check(), { message: `${path} can be read by others (mode 0750): chmod 700 ${path}` });
});

test('a folder that cannot be made is a sentence, whatever is in its way', async (t) => {
  const file = join(place(t), 'file');
  writeFileSync(file, '');
  // below /proc no folder can be made, and it is not said that it lies above
  for (const path of ['/proc/x', '/proc/x/access', file, join(file, 'access'), join(file, 'deeper', 'access')]) {
    await assert.rejects(init(new AccessFolder(path), ['localhost']), (/** @type {Error} */ { name, message }) => {
      assert.equal(name, 'UserError');
      assert.ok(message.startsWith(`${path} cannot be made: `), message);
      return true;
    });
  }
  assert.throws(() => new AccessFolder(''), { name: 'UserError', message: /^--dir is empty/ });
  const deep = new AccessFolder(join(place(t), 'a', 'b'));
  await init(deep, ['localhost']);
  deep.check();
});

test(
  'what root makes in a folder belongs to the owner of the folder',
  { skip: process.getuid?.() === 0 ? false : 'only root can give a folder to another user' },
  async (t) => {
    const path = join(place(t), 'access');
    mkdirSync(path);
    chownSync(path, 1234, 1235);
    const folder = new AccessFolder(path);
    await init(folder, ['localhost']);
    folder.writeClient('x', { ...(await (await Authority.of(folder)).signClient('x')), password: 'x' });
    for (const [name] of modes(path)) {
      const { uid, gid } = statSync(join(path, name));
      assert.deepEqual([uid, gid], [1234, 1235], name);
    }
  },
);

test('certificates are those of their names, and for their purpose', async (t) => {
  const folder = new AccessFolder(join(place(t), 'access'));
  const hosts = ['broker.example', '192.0.2.2', '::1'];
  await init(folder, hosts);
  const ca = new X509Certificate(folder.read('authority', 'ca.crt'));
  const server = new X509Certificate(folder.certificateOf('broker'));
  const client = new X509Certificate(folder.certificateOf('admin'));
  assert.ok(ca.ca);
  for (const each of [server, client]) {
    assert.ok(each.checkIssued(ca) && each.verify(ca.publicKey) && !each.ca);
    assert.equal(each.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.ok(new Date(each.validFrom) < new Date() && new Date(each.validTo) < new Date(ca.validTo));
  }
  assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.deepEqual(client.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  assert.equal(client.subject, 'CN=admin');
  assert.equal(server.checkHost('broker.example'), 'broker.example');
  assert.equal(server.checkHost('other.example'), undefined);
  assert.equal(server.checkIP('192.0.2.2'), '192.0.2.2');
  assert.deepEqual(hostsOf(server.toString()), ['broker.example', '192.0.2.2', '0:0:0:0:0:0:0:1']);
});

test('a list of refused certificates keeps those before, is newer, and never in the future', async (t) => {
  const folder = new AccessFolder(join(place(t), 'access'));
  await init(folder, ['localhost']);
  const authority = await Authority.of(folder);
  const certs = [folder.certificateOf('admin'), folder.certificateOf('broker')];
  let revoked = folder.read('broker', 'revoked.crl');
  for (const cert of certs) {
    const before = new x509.X509Crl(revoked);
    revoked = await authority.revoke(revoked, cert);
    assert.ok(new x509.X509Crl(revoked).thisUpdate > before.thisUpdate);
  }
  const crl = new x509.X509Crl(revoked);
  const serials = crl.entries.map(({ serialNumber }) => serialNumber.toUpperCase());
  assert.deepEqual(
    serials,
    certs.map((cert) => new X509Certificate(cert).serialNumber),
  );
  assert.ok(crl.thisUpdate < new Date());
  assert.ok(await crl.verify({ publicKey: new x509.X509Certificate(folder.read('authority', 'ca.crt')) }));
});

test('the list says which certificates are no longer valid', async (t) => {
  const folder = new AccessFolder(join(place(t), 'access'));
  await init(folder, ['localhost']);
  const authority = await Authority.of(folder);
  folder.writeClient('new', { ...(await authority.signClient('new')), password: 'x' });
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() - 1000 * 86_400_000 });
  folder.writeClient('old', { ...(await authority.signClient('old')), password: 'x' });
  t.mock.timers.reset();
  const control = /** @type {any} */ ({ read: async () => ({ clients: new Map(), roles: new Map() }) });
  const lines = await list(folder, control);
  assert.deepEqual(lines[0].split(/ {2,}/), ['name', 'role', 'certificate until']);
  assert.match(lines.at(-2) ?? '', /^new +- +\d{4}-\d\d-\d\d$/);
  assert.match(lines.at(-1) ?? '', /^old +- +\d{4}-\d\d-\d\d \(expired\)$/);
});

test('a file that a killed command has left does not widen the next one', async (t) => {
  const folder = new AccessFolder(join(place(t), 'access'));
  await init(folder, ['localhost']);
  writeFileSync(folder.join('admin', 'password.new'), '', { mode: 0o666 });
  folder.writePrivate('secret\n', 'admin', 'password');
  assert.equal(statSync(folder.join('admin', 'password')).mode & 0o777, 0o600);
});

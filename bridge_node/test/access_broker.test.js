/** Roles at a real mosquitto, granted and revoked in this process. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Control } from '../src/access/control.js';
import { AccessFolder } from '../src/access/folder.js';
import { checkWanted, grant } from '../src/access/grant.js';
import { init } from '../src/access/init.js';
import { list } from '../src/access/list.js';
import { checkUnwanted, revoke } from '../src/access/revoke.js';
import { rotate } from '../src/access/rotate.js';
import { BrokerLink } from '../src/mqtt/broker_link.js';
import { readBroker } from '../src/mqtt/options.js';
import { findMosquitto, freePort, keptLog, startMosquitto } from './helpers.js';

const mosquitto = findMosquitto();
const PLUGIN = 'mosquitto_dynamic_security.so';
const plugin = ['/usr/lib', ...readdirSync('/usr/lib').map((name) => join('/usr/lib', name))]
  .map((folder) => join(folder, PLUGIN))
  .find((path) => existsSync(path));
const skip = mosquitto && plugin ? false : 'mosquitto is not installed: `apt-get install mosquitto` to run this test';

/** @param {string} url @param {AccessFolder} folder */
function controlOf(url, folder) {
  const given = { mqtt: url, username: 'admin', passwordFile: folder.join('admin', 'password') };
  return new Control(new BrokerLink(readBroker(given), keptLog().log));
}

/**
 * A broker with dynamic security, as its administrator sees it.
 * @param {import('node:test').TestContext} t
 */
async function secured(t) {
  const place = mkdtempSync(join(tmpdir(), 'access-'));
  t.after(() => rmSync(place, { recursive: true }));
  const folder = new AccessFolder(join(place, 'access'));
  await init(folder, ['localhost']);
  const state = folder.join('broker', 'dynamic-security.json');
  const settings = `allow_anonymous false\nplugin ${plugin}\nplugin_opt_config_file ${state}\n`;
  const { url } = await startMosquitto(t, String(mosquitto), settings);
  const control = controlOf(url, folder);
  t.after(() => control.close());
  await control.open();
  /** @param {string} name @param {string} role @param {import('../src/access/roles.js').Given} [given] */
  const give = (name, role, given = {}) => grant(folder, control, { name, role, given, prefix: 'site/' });
  const kept = () => JSON.parse(readFileSync(state, 'utf8'));
  return { folder, control, url, give, kept };
}

test('a grant is what a client may do from then on', { skip }, async (t) => {
  const { folder, control, give, kept } = await secured(t);
  const where = folder.join('clients', 'x');
  assert.deepEqual(await give('x', 'feed'), [`x has the role feed; what it connects with is in ${where}`]);
  const client = () => kept().clients.find((/** @type {any} */ each) => each.username === 'x');
  const role = () => kept().roles.find((/** @type {any} */ each) => each.rolename === 'x:feed');
  const { password } = client();
  assert.equal(client().clientid, 'x');
  assert.deepEqual(
    role().acls.map((/** @type {any} */ { topic }) => topic),
    ['site/quotes/#', 'site/errors/x', 'site/stats/+'],
  );
  // the same role with other options is another one; with a second role it may have several connections
  await give('x', 'feed', { channel: ['a'] });
  assert.equal(role().acls[0].topic, 'site/a');
  const [said] = await give('x', 'bridge');
  assert.match(said, /^x has the roles bridge and feed;/);
  assert.equal(client().clientid, undefined);
  assert.equal(client().password, password);
  assert.match((await list(folder, control)).at(-1) ?? '', /^x +bridge, feed --channel a +\d{4}-\d\d-\d\d$/);
  // and without it only one
  assert.deepEqual(await revoke(folder, control, { name: 'x', role: 'bridge' }), ['x has the role feed']);
  assert.equal(client().clientid, 'x');
  assert.deepEqual(await revoke(folder, control, { name: 'x', role: 'feed' }), ['x has no role any more']);
  assert.match((await list(folder, control)).at(-1) ?? '', /^x +- +\d/);
  await revoke(folder, control, { name: 'x' });
  assert.deepEqual([client(), role()], [undefined, undefined]);
  assert.ok(!existsSync(where));
});

test('a client that the broker has lost is made again with what it has', { skip }, async (t) => {
  const { folder, control, give, kept } = await secured(t);
  await give('x', 'viewer');
  const password = folder.passwordOf('x');
  await control.ask([
    { command: 'deleteClient', username: 'x' },
    { command: 'deleteRole', rolename: 'x:viewer' },
  ]);
  await give('x', 'viewer');
  assert.equal(folder.passwordOf('x'), password);
  assert.equal(kept().clients.length, 2);
});

test('what cannot be granted, revoked or renewed is a sentence, and changes nothing', { skip }, async (t) => {
  const { folder, control, give, kept } = await secured(t);
  await give('roof', 'device');
  const roles = [{ rolename: 'admin' }];
  await control.ask([{ command: 'createClient', username: 'elsewhere', password: 'x', roles }]);
  const before = kept();
  /** @type {[() => unknown, RegExp][]} */
  const cases = [
    [() => give('x', 'device', { reads: ['rof'] }), /^there is no device "rof": did you mean "roof"\?$/],
    [() => give('elsewhere', 'feed'), /^the name elsewhere is taken: the broker knows such a client, and /],
    [() => revoke(folder, control, { name: 'rof' }), /^there is no client "rof": did you mean "roof"\?$/],
    [
      () => revoke(folder, control, { name: 'roof', role: 'feed' }),
      /^roof does not have the role feed: it has the role device$/,
    ],
    [() => rotate(folder, control, 'rof'), /^there is no client "rof": did you mean "roof"\?$/],
    [() => control.ask([{ command: 'deleteRole', rolename: 'x' }]), /refuses deleteRole: Role not found$/],
    [async () => checkWanted({ name: 'x', role: 'devise', given: {}, prefix: '' }), /did you mean "device"\?$/],
    [async () => checkUnwanted('admin'), /^admin cannot be revoked: `bridge-node access rotate admin` renews/],
  ];
  for (const [call, message] of cases)
    await assert.rejects(Promise.resolve().then(call), { name: 'UserError', message });
  assert.deepEqual(kept(), before);
  assert.deepEqual(folder.clients, ['roof']);
  assert.deepEqual(await revoke(folder, control, { name: 'elsewhere' }), ['elsewhere is revoked']);
});

test('a broker that is away, or that nobody administers by roles, is a sentence', { skip }, async (t) => {
  const { folder } = await secured(t);
  const away = controlOf(`mqtt://127.0.0.1:${await freePort()}`, folder);
  t.after(() => away.close());
  await assert.rejects(away.open(100), {
    name: 'UserError',
    message: /^the broker at mqtt:\S+ is unavailable \(.*\): it has to run/,
  });
  const { url } = await startMosquitto(t, String(mosquitto));
  const other = controlOf(url, folder);
  t.after(() => other.close());
  await other.open();
  await assert.rejects(other.ask([{ command: 'listClients' }], 100), {
    name: 'UserError',
    message: /^the broker at \S+ does not answer on \$CONTROL\/dynamic-security\/v1: .*mosquitto_dynamic_security\.so/,
  });
});

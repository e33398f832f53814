import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { curveKeyPair } from 'zeromq';

import { Client, clientKeys, KeysError, RefusedError, serverKeys, TimeoutError } from '../index.js';
import { eventually, GUARD, PERIOD, PYTHON, startOwnServer } from './helpers.js';

const SERVER = fileURLToPath(new URL('servers/curve.py', import.meta.url));
const CLIENT = fileURLToPath(new URL('servers/curve_client.py', import.meta.url));
const methods = { echo: (/** @type {unknown} */ value) => value, hold: () => new Promise(() => {}) };

/** @param {{publicKey: string, secretKey?: string}} pair */
const certificate = ({ publicKey, secretKey }) =>
  ['metadata', 'curve', `    public-key = "${publicKey}"`, secretKey && `    secret-key = "${secretKey}"`, ''].join(
    '\n',
  );

/**
 * Folders of keys: of a server, of a client `bridge` that it admits, and of a stranger.
 * @param {import('node:test').TestContext} t
 */
function folders(t) {
  const place = mkdtempSync(join(tmpdir(), 'curve-'));
  t.after(() => rmSync(place, { recursive: true }));
  const [server, bridge, stranger] = ['server', 'bridge', 'stranger'].map((name) => join(place, name));
  const pair = curveKeyPair();
  mkdirSync(join(server, 'clients'), { recursive: true });
  writeFileSync(join(server, 'server.key_secret'), certificate(pair), { mode: 0o600 });
  writeFileSync(join(server, 'server.key'), certificate({ publicKey: pair.publicKey }));
  for (const folder of [bridge, stranger]) {
    const own = curveKeyPair();
    mkdirSync(folder);
    writeFileSync(join(folder, 'client.key_secret'), certificate(own), { mode: 0o600 });
    writeFileSync(join(folder, 'client.key'), certificate({ publicKey: own.publicKey }));
    writeFileSync(join(folder, 'server.key'), certificate({ publicKey: pair.publicKey }));
  }
  const allowed = join(server, 'clients', 'bridge.key');
  const allow = (/** @type {string} */ folder) =>
    writeFileSync(allowed, certificate({ publicKey: clientKeys(folder).publicKey }));
  allow(bridge);
  return { server, bridge, stranger, allow, disallow: () => rmSync(allowed) };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {...string} args
 */
function python(t, ...args) {
  const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return createInterface({ input: child.stdout });
}

/**
 * A server of each language.
 * @param {import('node:test').TestContext} t
 * @param {string} language
 * @param {string} folder
 * @returns {Promise<{address: string, refusals: string[]}>}
 */
async function startServer(t, language, folder) {
  /** @type {string[]} */
  const refusals = [];
  if (language === 'Node.js') {
    const options = { curve: serverKeys(folder), onRefused: (/** @type {string} */ line) => refusals.push(line) };
    return { ...(await startOwnServer(t, methods, options)), refusals };
  }
  const lines = python(t, SERVER, folder);
  const [address] = await once(lines, 'line');
  lines.on('line', (line) => refusals.push(line));
  return { address, refusals };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} address
 * @param {string} [folder]
 */
function newClient(t, address, folder) {
  const client = new Client(address, { heartbeat: PERIOD, curve: folder ? clientKeys(folder) : undefined });
  t.after(() => client.close());
  return client;
}

/**
 * @param {Client} client
 * @param {RegExp} sentence
 */
async function assertRefused(client, sentence) {
  await assert.rejects(client.connect({ timeout: 1000 }), (error) => {
    assert(error instanceof TimeoutError);
    assert(error.cause instanceof RefusedError, error.message);
    assert.match(error.message, sentence);
    return true;
  });
}

for (const language of ['Python', 'Node.js']) {
  describe(`a server in ${language} with keys`, { ...GUARD, concurrency: true }, () => {
    test('serves a client of either language whose key it has', async (t) => {
      const { server, bridge } = folders(t);
      const { address } = await startServer(t, language, server);
      const client = newClient(t, address, bridge);
      await client.connect();
      assert.equal(await client.invoke('echo', 'größe'), 'größe');
      const [line] = await once(python(t, CLIENT, bridge, address), 'line');
      assert.equal(line, 'heard');
    });

    test('gives nothing to a client without keys, and says so', async (t) => {
      const { server } = folders(t);
      const { address, refusals } = await startServer(t, language, server);
      await assertRefused(newClient(t, address), /requires CURVE, and this client has no keys$/);
      await eventually(() => refusals.some((line) => /^refused a client .*needs (keys|--curve-keys)$/.test(line)));
    });

    test('gives nothing to a stranger, and names its address and its public key', async (t) => {
      const { server, stranger } = folders(t);
      const { address, refusals } = await startServer(t, language, server);
      await assertRefused(newClient(t, address, stranger), /does not admit this client by CURVE: /);
      const { publicKey, secretKey } = clientKeys(stranger);
      await eventually(() =>
        refusals.some((line) => line.startsWith(`refused a client from 127.0.0.1: its public key ${publicKey} is`)),
      );
      assert(!refusals.join().includes(secretKey));
    });

    test('gives nothing to a client that expects another server', async (t) => {
      const { server, bridge } = folders(t);
      const { address, refusals } = await startServer(t, language, server);
      writeFileSync(join(bridge, 'server.key'), certificate(curveKeyPair()));
      await assertRefused(newClient(t, address, bridge), /is probably another one's$/);
      await eventually(() =>
        refusals.some((line) => /it has the (public|server.)\W?key of another server$/.test(line)),
      );
    });

    test('admits a client that is added, and nobody whose key was removed', async (t) => {
      const { server, bridge, stranger, allow, disallow } = folders(t);
      const { address } = await startServer(t, language, server);
      const client = newClient(t, address, bridge);
      await client.connect();
      assert.equal(await client.invoke('echo', 1), 1);
      disallow();
      // a connection that is open is of no use within a second
      await assert.rejects(async () => {
        for (;;) await client.invoke('echo', 2);
      });
      await client.close();
      await assertRefused(newClient(t, address, bridge), /does not admit this client by CURVE/);
      allow(stranger);
      const other = newClient(t, address, stranger);
      await other.connect();
      assert.equal(await other.invoke('echo', 3), 3);
    });
  });
}

describe('keys', { ...GUARD, concurrency: true }, () => {
  test('are not used with a server that does not speak CURVE', async (t) => {
    const { bridge } = folders(t);
    const { server, address } = await startOwnServer(t, methods);
    await assertRefused(newClient(t, address, bridge), /does not speak CURVE, and nothing is sent in the clear$/);
    assert.equal(server.dropped, 0);
  });

  test('that others may read are refused', async (t) => {
    const { server, bridge } = folders(t);
    for (const [folder, read, name] of /** @type {const} */ ([
      [server, serverKeys, 'server'],
      [bridge, clientKeys, 'client'],
    ])) {
      chmodSync(join(folder, `${name}.key_secret`), 0o640);
      assert.throws(() => read(folder), { name: 'KeysError', message: /may read it \(mode 0640\): chmod 600 / });
    }
  });

  test('that cannot be used are named', (t) => {
    const { server, bridge } = folders(t);
    assert.throws(() => serverKeys(bridge), /has no server.key_secret, but client.key, client.key_secret, server.key$/);
    assert.throws(() => clientKeys(join(server, 'nowhere')), /there is no folder .*nowhere with keys$/);
    for (const [text, sentence] of /** @type {const} */ ([
      ['curve', /client.key_secret holds no public key$/],
      [certificate({ publicKey: 'short' }), /the public key in .* is none: a key has 40 characters of Z85$/],
      [certificate({ publicKey: curveKeyPair().publicKey }), /holds no secret key$/],
    ])) {
      writeFileSync(join(bridge, 'client.key_secret'), text);
      assert.throws(() => clientKeys(bridge), sentence);
    }
    rmSync(join(bridge, 'client.key_secret'));
    assert.throws(() => clientKeys(bridge), KeysError);
  });
});

test('a long call is kept alive by beats', GUARD, async (t) => {
  const { server, bridge } = folders(t);
  const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(() => resolve('done'), ms));
  const { address } = await startOwnServer(t, { sleep }, { curve: serverKeys(server) });
  const client = newClient(t, address, bridge);
  await client.connect();
  assert.equal(await client.invoke('sleep', 3.5 * PERIOD), 'done');
});

test('callers that are at work come back when another one is removed', GUARD, async (t) => {
  const { server, bridge, stranger, disallow } = folders(t);
  writeFileSync(join(server, 'clients', 'other.key'), certificate({ publicKey: clientKeys(stranger).publicKey }));
  const { address } = await startServer(t, 'Node.js', server);
  const removed = newClient(t, address, bridge);
  const other = newClient(t, address, stranger);
  await removed.connect();
  await other.connect();
  const held = other.invoke('hold');
  const lost = once(other, 'lost');
  disallow();
  await assert.rejects(held, /was cut off/);
  await lost;
  await other.connect();
  assert.equal(await other.invoke('echo', 1), 1);
});

test('peers that say nothing, or a greeting alone, keep nobody from being served', GUARD, async (t) => {
  const { server, bridge } = folders(t);
  const { address } = await startServer(t, 'Node.js', server);
  const port = Number(address.split(':')[2]);
  const greeting = Buffer.alloc(64);
  greeting.write('ff00000000000000007f0301', 'hex');
  greeting.write('CURVE', 12);
  const peers = Array.from({ length: 300 }, () => connectTcp(port, '127.0.0.1'));
  t.after(() => peers.forEach((peer) => peer.destroy()));
  for (const peer of peers) peer.on('error', () => {});
  await Promise.all(peers.map((peer) => once(peer, 'connect')));
  for (const peer of peers.slice(150)) peer.write(greeting);
  const client = newClient(t, address, bridge);
  await client.connect();
  assert.equal(await client.invoke('echo', 1), 1);
});

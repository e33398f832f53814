/** What a process answers at --http. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { InvalidArgumentError } from 'commander';

import { parseListen } from '../src/config.js';
import { readListen } from '../src/http/listen.js';
import { serveHttp } from '../src/http/server.js';
import { createRegistry } from '../src/metrics/process.js';
import { UserError } from '../src/support/errors.js';
import { until } from './fake_backend.js';
import { freePort } from './helpers.js';

/**
 * @param {import('node:test').TestContext} t
 * @param {Partial<import('../src/http/server.js').Shown>} [shown]
 */
async function served(t, shown = {}, host = '127.0.0.1') {
  const port = await freePort(host);
  const whole = { part: 'bridge:0a1b2c3d', reasons: () => [], registry: createRegistry('bridge', '1.0'), ...shown };
  const server = await serveHttp({ host, port }, whole);
  t.after(() => server.close());
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return (/** @type {string} */ path, method = 'GET') =>
    fetch(`${address}${path}`, { method, headers: { connection: 'close' } });
}

test('a part that works is alive, and ready while there is no reason why not', async (t) => {
  /** @type {string[]} */
  const reasons = [];
  const ask = await served(t, { reasons: () => reasons });
  const ready = await ask('/readyz');
  assert.equal(ready.status, 200);
  assert.equal(ready.headers.get('content-type'), 'application/json');
  assert.deepEqual(await ready.json(), { ready: true, part: 'bridge:0a1b2c3d', reasons: [] });
  reasons.push('the broker is away');
  const away = await ask('/readyz');
  assert.equal(away.status, 503);
  assert.deepEqual(await away.json(), { ready: false, part: 'bridge:0a1b2c3d', reasons: ['the broker is away'] });
  const alive = await ask('/healthz');
  assert.equal(alive.status, 200);
  assert.deepEqual(await alive.json(), { alive: true });
});

test('a part of another run, or of none, is not ready for the run that asks', async (t) => {
  const mine = await served(t, { run: 'a b' });
  assert.equal((await mine('/readyz?run=a%20b')).status, 200);
  assert.equal((await mine('/readyz?run=')).status, 409);
  const none = await served(t);
  const { ready, reasons } = /** @type {any} */ (await (await none('/readyz?run=c')).json());
  assert.equal(ready, false);
  assert.deepEqual(reasons, ['this bridge belongs to no run: it was started without --run; "c" was asked for']);
});

test('metrics are in the text format of Prometheus, and HEAD has their headers alone', async (t) => {
  const ask = await served(t);
  const answer = await ask('/metrics');
  assert.match(String(answer.headers.get('content-type')), /^text\/plain; version=0\.0\.4/);
  assert.match(await answer.text(), /^tickwire_build_info\{component="bridge",version="1\.0"\} 1$/m);
  const head = await ask('/metrics', 'HEAD');
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});

test('other pages are not found, and other methods are not allowed', async (t) => {
  const ask = await served(t);
  for (const path of ['/', '/readyz/x', '/metricsx']) assert.equal((await ask(path)).status, 404);
  for (const method of ['POST', 'DELETE', 'OPTIONS']) {
    const answer = await ask('/readyz', method);
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get('allow'), 'GET, HEAD');
  }
});

test('connections that ask nothing are bounded, and keep nobody out for ever', async (t) => {
  const port = await freePort();
  const registry = createRegistry('bridge', '1.0');
  const server = await serveHttp({ host: '127.0.0.1', port }, { part: 'bridge:1', reasons: () => [], registry });
  t.after(() => server.close());
  assert.ok(server.headersTimeout <= 10_000 && server.requestTimeout <= 10_000);
  const ask = () => fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'close' } });
  const held = Array.from({ length: server.maxConnections }, () => connect(port, '127.0.0.1'));
  t.after(() => held.forEach((socket) => socket.destroy()));
  for (const socket of held) socket.on('error', () => {});
  await until(() => promisify(server.getConnections.bind(server))().then((count) => count === held.length));
  await assert.rejects(ask());
  for (const socket of held) socket.destroy();
  await until(() => promisify(server.getConnections.bind(server))().then((count) => count === 0));
  assert.equal((await ask()).status, 200);
});

test('an IPv6 address can be listened on', async (t) => {
  const ask = await served(t, {}, '::1');
  assert.equal((await ask('/healthz')).status, 200);
});

test('a port that is taken is a mistake that one sentence explains', async (t) => {
  const port = await freePort();
  const shown = { part: 'bridge:1', reasons: () => [], registry: createRegistry('bridge', '1.0') };
  const server = await serveHttp({ host: '127.0.0.1', port }, shown);
  t.after(() => server.close());
  const again = serveHttp({ host: '127.0.0.1', port }, shown);
  await assert.rejects(again, (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, new RegExp(`^--http ${port}: cannot listen on 127\\.0\\.0\\.1:${port}: `));
    return true;
  });
});

test('where to listen is a port, or a host and a port', () => {
  assert.deepEqual(readListen('9100'), { host: '127.0.0.1', port: 9100 });
  assert.deepEqual(readListen('0.0.0.0:9100'), { host: '0.0.0.0', port: 9100 });
  assert.deepEqual(readListen('[::1]:9100'), { host: '::1', port: 9100 });
  assert.deepEqual(readListen('my-host:1'), { host: 'my-host', port: 1 });
  for (const text of ['', '0', '65536', '::1:9100', ':9100', '[]:9100', '[::1]', 'a b:1', '9100x', 'http://a:1']) {
    assert.throws(() => parseListen(text), InvalidArgumentError, text);
  }
});

/** What a process answers at --http. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { InvalidArgumentError } from 'commander';

import { parseListen } from '../src/config.js';
import { HTTP } from '../src/http/bounds.js';
import { foreignness } from '../src/http/hosts.js';
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

/**
 * What a server sends on a connection until it ends it.
 * @param {import('node:test').TestContext} t
 * @param {number} port
 * @param {string} text  that is sent to it at once
 */
async function sent(t, port, text) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.on('error', () => {}); // it may be cut off
  let got = '';
  socket.setEncoding('utf8').on('data', (each) => (got += each));
  socket.write(text);
  const closed = once(socket, 'end').catch(() => {});
  await Promise.race([closed, once(socket, 'close')]);
  return got;
}

const METRICS = 'x'.repeat(16 * 1024 * 1024);

/** @param {import('node:test').TestContext} t @param {Parameters<typeof serveHttp>[2]} [patience] */
async function listening(t, patience) {
  const port = await freePort();
  // more than what the system keeps of a connection that nobody reads
  const registry = { metrics: () => METRICS, contentType: 'text/plain' };
  const server = await serveHttp(
    { host: '127.0.0.1', port },
    { part: 'bridge:1', reasons: () => [], registry },
    patience,
  );
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port };
}

/** @type {{host: string, own?: string, origin?: string, foreign: boolean}[]} */
const HOSTS = JSON.parse(readFileSync(new URL('../../contracts/examples/http_host.json', import.meta.url), 'utf8'));
for (const { host, own, origin, foreign } of HOSTS) {
  test(`a request for ${host}${origin ? ` of a page of ${origin}` : ''} is ${foreign ? 'refused' : 'answered'}`, () => {
    const request = /** @type {any} */ ({ headers: { host, origin } });
    assert.equal(foreignness(request, own ? [own] : [], '--http') !== '', foreign);
  });
}

test('what another website has resolved to here, and a page of another server, is refused on every path', async (t) => {
  const { port } = await listening(t);
  for (const path of ['/metrics', '/healthz', '/readyz', '/', '/mqtt']) {
    for (const head of ['Host: evil.example', `Host: 127.0.0.1:${port}\r\nOrigin: https://evil.example`]) {
      const got = await sent(t, port, `GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
      assert.match(got, /^HTTP\/1\.1 403 /, `${path} ${head}`);
      assert.match(got, /^connection: close/im);
    }
  }
  assert.match(await sent(t, port, 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await sent(t, port, 'GET /healthz HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
  // as a check of a container asks
  assert.match(await sent(t, port, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
});

test('every answer says that it is no page, nothing of another one, and not to be kept', async (t) => {
  const { port } = await listening(t);
  for (const path of ['/metrics', '/readyz', '/nothing']) {
    const { headers } = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(String(headers.get('content-security-policy')), /^default-src 'none'/);
  }
});

test('a request with a body, or with a long head, is refused, and the connection is ended', async (t) => {
  const { port } = await listening(t);
  const head = 'Host: localhost\r\n';
  for (const body of ['Content-Length: 5\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n5\r\nabc']) {
    assert.match(await sent(t, port, `GET /healthz HTTP/1.1\r\n${head}${body}`), /^HTTP\/1\.1 413 /);
    assert.match(await sent(t, port, `POST /healthz HTTP/1.1\r\n${head}${body}`), /^HTTP\/1\.1 405 /);
  }
  const long = 'x'.repeat(HTTP.head);
  assert.match(await sent(t, port, `GET /${long} HTTP/1.1\r\n${head}\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(await sent(t, port, `GET / HTTP/1.1\r\n${head}x: ${long}\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('whoever sends slowly, sends nothing, does not read, or keeps open what was refused, is disconnected', async (t) => {
  const { server, port } = await listening(t, { seconds: 0.2, answerSeconds: 0.2 });
  await sent(t, port, '');
  await sent(t, port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
  const upgrade = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  assert.match(await sent(t, port, `GET /elsewhere HTTP/1.1\r\n${upgrade}`), /^HTTP\/1\.1 404 /);
  const deaf = connect(port, '127.0.0.1').pause();
  deaf.on('error', () => {});
  t.after(() => deaf.destroy());
  deaf.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(server, 'request');
  await until(() => promisify(server.getConnections.bind(server))().then((count) => count === 0));
});

test('of many requests in a second some are refused, and the next second answers again', async (t) => {
  const port = await freePort();
  const registry = createRegistry('bridge', '1.0');
  const server = await serveHttp({ host: '127.0.0.1', port }, { part: 'bridge:1', reasons: () => [], registry });
  t.after(() => server.close());
  const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
  // read at once: in no more than two seconds
  const got = await sent(t, port, request.repeat(2 * HTTP.metrics + 1));
  assert.match(got, /^HTTP\/1\.1 429 .*\r\n(.*\r\n)*retry-after: 1\r\n/m);
  await until(async () => (await sent(t, port, request.replace('1.1', '1.0'))).startsWith('HTTP/1.1 200 '));
});

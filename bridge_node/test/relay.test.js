/** Who may see the dashboard, and what its relay passes on. */

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';

import { Dashboard } from '../src/dashboard.js';
import { RELAY } from '../src/relay/bounds.js';
import { Gathered } from '../src/relay/gathered.js';
import { Page } from '../src/relay/page.js';
import { BROKERS, brokerAt, startBroker } from './helpers.js';
import { client, connect, opened, served } from './relaying.js';

/** @param {number} port @param {Record<string, string>} headers @returns {Promise<{status: number, headers: any}>} */
async function get(port, path = '/', headers = {}) {
  const asked = request({ port, host: '127.0.0.1', path, headers: { connection: 'close', ...headers } });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return { status: response.statusCode, headers: response.headers };
}

for (const [name, start, skip] of BROKERS) {
  test(`a page gets what it subscribes to, what is retained first, from ${name}`, { skip }, async (t) => {
    const { url } = await start(t);
    const publisher = await client(t, url);
    await publisher.publishAsync('site1/algos/random', '{"name":"random"}', { retain: true, qos: 1 });
    const page = await opened(t, await served(t, url, { prefix: 'site1/' }), ['algos/+', 'orders/+']);
    const [, text, retain] = await page.message(([topic]) => topic === 'algos/random');
    assert.deepEqual([text, retain], ['{"name":"random"}', true]);
    await publisher.publishAsync('site1/fills/random', 'not asked for', { qos: 1 });
    await publisher.publishAsync('site1/orders/random', '{"id":"1"}', { qos: 1 });
    await page.message(([topic, payload]) => topic === 'orders/random' && payload === '{"id":"1"}');
    assert.ok(
      !page.frames.some((frame) => frame.messages?.some((/** @type {any[]} */ [topic]) => topic === 'fills/random')),
    );
  });

  test(`a page publishes commands and questions, and nothing else, to ${name}`, { skip }, async (t) => {
    const { url } = await start(t);
    const reader = await client(t, url);
    /** @type {string[]} */
    const got = [];
    reader.on('message', (topic, payload) => got.push(`${topic} ${payload}`));
    await reader.subscribeAsync('#');
    const page = await opened(t, await served(t, url), []);
    for (const topic of [
      'orders/random',
      'algos/random',
      'commands/+',
      'commands/a/b',
      'executions/random',
      'commands/',
    ]) {
      page.frames.length = 0;
      page.send({ publish: { topic, payload: '{}' } });
      assert.match((await page.until((frame) => frame.error)).error, /commands\/<algo> and queries\/<algo>/);
    }
    page.send({ publish: { topic: 'queries/random', payload: '1' } });
    page.send({ publish: { topic: 'commands/random', payload: '2' } });
    while (got.length < 2) await new Promise((resolve) => reader.once('message', resolve));
    assert.deepEqual(got, ['queries/random 1', 'commands/random 2']);
  });
}

test('a page that opens later gets what is retained as well', async (t) => {
  const { url } = await startBroker(t);
  const publisher = await client(t, url);
  const server = await served(t, url);
  await opened(t, server, ['algos/+']);
  await publisher.publishAsync('algos/random', '{"name":"random"}', { retain: true, qos: 1 });
  const second = await opened(t, server, ['algos/+']);
  await second.message(([topic]) => topic === 'algos/random');
});

test('of many quotes at once a page gets the latest of each instrument, and is told how many were left out', async (t) => {
  const { url } = await startBroker(t);
  const publisher = await client(t, url);
  const page = await opened(t, await served(t, url), ['quotes', 'orders/+']);
  const count = 3000;
  // in one write, so that they come in few frames
  for (let n = 1; n <= count; n++) {
    publisher.publish('quotes', JSON.stringify({ sid: n % 2 ? 'ODD' : 'EVEN', quote: n }));
    publisher.publish('orders/random', JSON.stringify({ id: n }));
  }
  await page.message(([topic, text]) => topic === 'orders/random' && JSON.parse(text).id === count);
  await page.message(([topic, text]) => topic === 'quotes' && JSON.parse(text).quote === count);
  const messages = page.frames.flatMap((frame) => frame.messages ?? []);
  const orders = messages.filter(([topic]) => topic === 'orders/random').map(([, text]) => JSON.parse(text).id);
  assert.deepEqual(
    orders,
    Array.from({ length: count }, (_, n) => n + 1),
    'orders are complete and in order',
  );
  const quotes = messages.filter(([topic]) => topic === 'quotes').length;
  const leftOut = page.frames.reduce((sum, frame) => sum + (frame.left_out?.quotes ?? 0), 0);
  assert.equal(quotes + leftOut, count);
  assert.ok(leftOut > 0);
  assert.deepEqual(
    JSON.parse((await page.message(([, text]) => text.includes('ODD') && JSON.parse(text).quote === count - 1))[1]),
    {
      sid: 'ODD',
      quote: count - 1,
    },
  );
});

test('a page is told at once when the broker goes, and when it comes back', async (t) => {
  const broker = await startBroker(t);
  const page = await opened(t, await served(t, broker.url), ['algos/+']);
  page.frames.length = 0;
  const bringBack = await broker.takeAway();
  const { why } = (await page.until((frame) => frame.broker?.connected === false)).broker;
  assert.notEqual(why, '');
  await bringBack();
  await page.until((frame) => frame.broker?.connected);
});

test('a payload that is no text, and one that is too long, harm nothing', async (t) => {
  const { url } = await startBroker(t);
  const publisher = await client(t, url);
  const page = await opened(t, await served(t, url), ['quotes']);
  publisher.publish('quotes', Buffer.from([0xff, 0x00, 0xfe]));
  await page.message(([, text]) => text === '\ufffd\u0000\ufffd');
  publisher.publish('quotes', 'x'.repeat(1_000_000));
  const [, text] = await page.message(([, each]) => each.startsWith('xxx'));
  assert.equal(text.length, 64 * 1024 + 1);
  assert.ok(text.endsWith('…'));
});

test('a long reply, and the metrics of a bridge with many algorithms, come whole', async (t) => {
  const { url } = await startBroker(t);
  const publisher = await client(t, url);
  const page = await opened(t, await served(t, url), ['stats/+', 'replies/+/+']);
  const payload = JSON.stringify({ id: 'x'.repeat(300_000) });
  for (const topic of ['stats/bridge:a', 'replies/random/c']) {
    publisher.publish(topic, payload);
    assert.equal((await page.message(([own]) => own === topic))[1], payload);
  }
});

test('whoever shows no token keeps out nobody who has one, and 20 pages are let in', async (t) => {
  const { url } = await startBroker(t);
  const server = await served(t, url);
  for (let n = 0; n < 100; n++) {
    const stranger = connect(server.port);
    t.after(() => stranger.socket.terminate());
  }
  for (let n = 0; n < 20; n++) await opened(t, server, ['algos/+']);
  const { socket, send } = connect(server.port);
  await once(socket, 'open');
  send({ token: server.token });
  const [code, reason] = await once(socket, 'close');
  assert.deepEqual([code, String(reason)], [1013, '20 pages are open already.']);
});

test('after a wrong token nothing more is heard, and whoever does not answer is disconnected', async (t) => {
  const { url } = await startBroker(t);
  const server = await served(t, url);
  const { socket, send, frames } = connect(server.port);
  await once(socket, 'open');
  socket.pause(); // it never learns that it is refused, and goes on
  send({ token: '0'.repeat(32) });
  send({ token: server.token });
  const raw = /** @type {any} */ (socket)._socket;
  const ended = once(raw, 'close');
  raw.resume();
  await ended;
  assert.deepEqual(frames, []);
});

test('of what is too much at once for a page the rest is left out, and it is told', () => {
  const gathered = new Gathered();
  const payload = Buffer.alloc(1024 * 1024, 'x');
  for (let n = 0; n < 100; n++) gathered.add({ topic: 'orders/random', payload, retain: false, at: 0 });
  const { messages, error } = /** @type {any} */ (gathered.take(true));
  assert.equal(messages.length, 8);
  assert.match(error, /some are missing/);
  gathered.add({ topic: 'orders/random', payload, retain: false, at: 0 });
  assert.equal(/** @type {any} */ (gathered.take(true)).error, undefined);
});

test('a page that sends too much, in frames, pings or pieces of one, is disconnected', async (t) => {
  const { url } = await startBroker(t);
  const server = await served(t, url);
  /** @type {((socket: import('ws').WebSocket) => void)[]} */
  const floods = [
    (socket) => socket.send('{}'),
    (socket) => socket.ping(),
    (socket) => socket.pong(),
    (socket) => socket.send('x', { fin: false }),
    (socket) => socket.send('x'.repeat(RELAY.frameBytes + 1)),
  ];
  for (const flood of floods) {
    const { socket } = await opened(t, server, []);
    const closed = once(socket, 'close');
    for (let n = 0; n <= 2 * RELAY.frames; n++) flood(socket); // read within two seconds, at most
    assert.notEqual((await closed)[0], 1006, 'it is told why');
  }
});

test('where all pages together do not read, those that wait for the most are disconnected', async (t) => {
  let isCrowded = false;
  /** @type {number[]} */
  const closed = [];
  const socket = Object.assign(new EventEmitter(), {
    bufferedAmount: 2 * 1024 * 1024,
    send: () => {},
    close: (/** @type {number} */ code) => closed.push(code),
    terminate: () => {},
  });
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const page = new Page(/** @type {any} */ (socket), 'c', {
    admit: () => 'viewer',
    greet: () => {},
    subscribe: () => {},
    publish: () => {},
    isCrowded: () => isCrowded,
  });
  socket.emit('message', '{"token":"x"}', false);
  t.mock.timers.tick(1000);
  assert.deepEqual([closed, page.unread], [[], socket.bufferedAmount]);
  isCrowded = true;
  t.mock.timers.tick(100);
  assert.deepEqual(closed, [1013]);
});

/** @type {[string, Record<string, string>][]} */
const STRANGERS = [
  ['a page of another origin', { origin: 'https://evil.example' }],
  ['another host', { host: 'evil.example' }],
  ['another host with an origin that matches', { host: 'evil.example', origin: 'http://evil.example' }],
  ['an origin that is null', { origin: 'null' }],
];
for (const [who, headers] of STRANGERS) {
  test(`${who} gets no WebSocket, and the log says so`, async (t) => {
    const { url } = await startBroker(t);
    const { port, lines } = await served(t, url);
    const { socket } = connect(port, headers);
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal(response.statusCode, 403);
    response.destroy();
    assert.equal(lines.filter(({ level, text }) => level === 'warn' && text.includes('refused')).length, 1);
  });
}

/** @type {[string, any][]} */
const FIRST_FRAMES = [
  ['another token', { token: '0'.repeat(32) }],
  ['no token', { subscribe: ['#'] }],
  ['a token that is no text', { token: { length: 32 } }],
  ['a frame that is no map', 17],
];
for (const [what, frame] of FIRST_FRAMES) {
  test(`whoever begins with ${what} gets nothing`, async (t) => {
    const { url } = await startBroker(t);
    const { port } = await served(t, url);
    const page = connect(port);
    await once(page.socket, 'open');
    page.send(frame);
    const [code] = await once(page.socket, 'close');
    assert.equal(code, 1008);
    assert.deepEqual(page.frames, []);
  });
}

test('the page is shown under the names of this computer and those of --http-host, and no others', async (t) => {
  const { url } = await startBroker(t);
  const { port } = await served(t, url, { httpHost: ['Ticks.example'] });
  for (const host of [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `[::1]:${port}`,
    'ticks.example',
    'ticks.example:443',
  ]) {
    assert.equal((await get(port, '/', { host })).status, 200, host);
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    assert.equal((await get(port, '/', { host })).status, 403, host);
  }
});

test('all that the page loads is served, with a policy that lets nothing else in', async (t) => {
  const { url } = await startBroker(t);
  const { port } = await served(t, url);
  for (const path of [
    '/',
    '/main.js',
    '/views/overview.js',
    '/style.css',
    '/vendor/lit-html.js',
    '/vendor/lightweight-charts.js',
  ]) {
    const { status, headers } = await get(port, path);
    assert.equal(status, 200, path);
    assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self' 'sha256-[^']+';/);
    assert.doesNotMatch(headers['content-security-policy'], /unsafe|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/tsconfig.json', '/views/', '//etc/passwd']) {
    assert.equal((await get(port, path)).status, 404, path);
  }
});

test('the address that is printed has the first name that was given', () => {
  const about = { version: '1.0', instance: '0a1b2c3d' };
  /** @param {string[]} [httpHost] */
  const address = (httpHost) =>
    new Dashboard({ httpHost }, brokerAt('mqtt://127.0.0.1'), about).address({ host: '::1', port: 80 });
  assert.match(address(), /^http:\/\/\[::1\]:80\/#token=[0-9a-f]{32}$/);
  assert.match(address(['127.0.0.1:9000', 'ticks.example']), /^http:\/\/127\.0\.0\.1:9000\/#token=/);
});

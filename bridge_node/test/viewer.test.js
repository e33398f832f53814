/** What a viewer of the dashboard may see and ask, and what it may not. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Dashboard } from '../src/dashboard.js';
import { READS } from '../src/messages/query.js';
import { UserError } from '../src/support/errors.js';
import { BROKERS, brokerAt, startBroker } from './helpers.js';
import { client, connect, opened, served } from './relaying.js';

const ABOUT = { version: '1.0', instance: '0a1b2c3d' };
const OPERATOR = 'the token of an operator';
const VIEWER = 'the token of a viewer';

/** @param {import('node:test').TestContext} t @param {string} text  of a token file @returns {string} its name */
function file(t, text) {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'token'), text);
  return join(folder, 'token');
}

/** @param {import('node:test').TestContext} t @param {string} url */
const withTokens = (t, url) =>
  served(t, url, { httpTokenFile: file(t, `${OPERATOR}\n`), httpViewerTokenFile: file(t, `${VIEWER}\nrest`) });

for (const [name, start, skip] of BROKERS) {
  test(`a viewer sees all but what others order and ask, from ${name}`, { skip }, async (t) => {
    const { url } = await start(t);
    const publisher = await client(t, url);
    const { port } = await withTokens(t, url);
    const page = await opened(t, { port, token: VIEWER }, ['#', 'commands/+', 'replies/+/+']);
    const { client: own, role } = (await page.until((frame) => frame.hello)).hello;
    assert.equal(role, 'viewer');
    const shown = ['quotes', 'orders/random', 'stats/bridge', 'replies/random', `replies/random/${own}`];
    const hidden = ['commands/random', 'queries/random', 'executions/random', 'replies/random/other'];
    for (const topic of [...hidden, ...shown]) await publisher.publishAsync(topic, '{}', { qos: 1 });
    for (const topic of shown) await page.message(([from]) => from === topic);
    const seen = page.frames.flatMap((frame) => frame.messages ?? []).map(([topic]) => topic);
    assert.deepEqual(
      hidden.filter((topic) => seen.includes(topic)),
      [],
    );
  });

  test(`a viewer asks what changes nothing, and commands nothing, at ${name}`, { skip }, async (t) => {
    const { url } = await start(t);
    const reader = await client(t, url);
    /** @type {string[]} */
    const got = [];
    reader.on('message', (_topic, payload) => got.push(String(payload)));
    await reader.subscribeAsync(['commands/#', 'queries/#']);
    const { port, lines } = await withTokens(t, url);
    const page = await opened(t, { port, token: VIEWER }, []);
    const { client: own } = (await page.until((frame) => frame.hello)).hello;
    const ask = (/** @type {object} */ question) => JSON.stringify({ id: '1', client: own, ...question });
    const refused = /** @type {[string, string, RegExp][]} */ ([
      ['commands/random', '{"command":"halt","id":"1"}', /token of an operator/],
      ['commands/random', ask({ query: 'orders' }), /token of an operator/],
      ['queries/random', ask({ query: 'backtest', data: 'goog' }), /a viewer may ask for equity/],
      ['queries/random', ask({ query: 'backtest_cancel', run: 1 }), /a viewer may ask for equity/],
      ['queries/random', ask({ query: ['orders'] }), /a viewer may ask for equity/],
      ['queries/random', ask({}), /a viewer may ask for equity/],
      ['queries/random', ask({ query: 'orders', client: 'other' }), /asks as .* alone/],
      ['queries/random', `{"query":"orders",${ask({ query: 'backtest' }).slice(1)}`, /"query"/],
      ['queries/random', 'backtest', /JSON/],
    ]);
    for (const [topic, payload, why] of refused) {
      page.frames.length = 0;
      page.send({ publish: { topic, payload } });
      assert.match((await page.until((frame) => frame.error)).error, why, payload);
    }
    for (const query of READS) page.send({ publish: { topic: 'queries/random', payload: ask({ query }) } });
    while (got.length < READS.length) await new Promise((resolve) => reader.once('message', resolve));
    assert.deepEqual(
      got.map((text) => JSON.parse(text).query),
      READS,
    );
    assert.equal(lines.filter(({ text }) => text.includes('of a viewer: commands need')).length, 1);
  });
}

test('every question of the contract is one that changes nothing, or begins or ends a backtest', () => {
  const schema = JSON.parse(readFileSync(new URL('../../contracts/query.schema.json', import.meta.url), 'utf8'));
  const kinds = schema.$defs.question.oneOf.flatMap(
    (/** @type {any} */ { properties: { query } }) => query.enum ?? [query.const],
  );
  assert.deepEqual(kinds.toSorted(), [...READS, 'backtest', 'backtest_cancel'].toSorted());
});

test('an operator may do all that a page can, and has room where viewers have none left', async (t) => {
  const { url } = await startBroker(t);
  const { port } = await withTokens(t, url);
  for (let n = 0; n < 15; n++) await opened(t, { port, token: VIEWER }, ['algos/+']);
  const { socket, send } = connect(port);
  await once(socket, 'open');
  send({ token: VIEWER });
  const [code, reason] = await once(socket, 'close');
  assert.deepEqual([code, String(reason)], [1013, '15 pages of viewers are open already.']);
  const page = await opened(t, { port, token: OPERATOR }, ['commands/+']);
  assert.equal((await page.until((frame) => frame.hello)).hello.role, 'operator');
  page.send({ publish: { topic: 'commands/random', payload: '{}' } });
  await page.message(([topic]) => topic === 'commands/random');
});

test('without a file of its own token nobody is a viewer, and the address has the token of an operator', async (t) => {
  const { url } = await startBroker(t);
  const { port, token } = await served(t, url);
  assert.match(token, /^[0-9a-f]{32}$/);
  const page = await opened(t, { port, token }, []);
  assert.equal((await page.until((frame) => frame.hello)).hello.role, 'operator');
});

test('a token that a file gives is not printed, and one that is short, or that of both roles, is an error', (t) => {
  const made = (/** @type {object} */ options) => new Dashboard(options, brokerAt('mqtt://127.0.0.1'), ABOUT);
  const good = file(t, 'a token of my own\nrest');
  assert.equal(made({ httpTokenFile: good }).address({ host: '0.0.0.0', port: 80 }), 'http://127.0.0.1:80/');
  for (const option of ['httpTokenFile', 'httpViewerTokenFile']) {
    const name = option === 'httpTokenFile' ? '--http-token-file' : '--http-viewer-token-file';
    for (const [path, why] of [
      [join(tmpdir(), 'no', 'such', 'file'), 'cannot be read'],
      [file(t, 'short\n'), 'at least 16 characters'],
    ]) {
      assert.throws(
        () => made({ [option]: path }),
        (error) => error instanceof UserError && error.message.startsWith(name) && error.message.includes(why),
      );
    }
  }
  assert.throws(
    () => made({ httpTokenFile: good, httpViewerTokenFile: file(t, 'a token of my own') }),
    (error) => error instanceof UserError && error.message.includes('give another one'),
  );
});

test('a name that is reached by TLS alone is in the address, and no page without TLS is let in under it', async (t) => {
  const { url } = await startBroker(t);
  const httpHost = ['https://ticks.example', 'plain.example'];
  const address = new Dashboard({ httpHost }, brokerAt(url), ABOUT).address({ host: '127.0.0.1', port: 80 });
  assert.match(address, /^https:\/\/ticks\.example\/#token=[0-9a-f]{32}$/);
  const { port } = await served(t, url, { httpHost });
  for (const [host, scheme, isLetIn] of /** @type {[string, string, boolean][]} */ ([
    ['ticks.example', 'https', true],
    ['ticks.example', 'http', false],
    ['plain.example', 'http', true],
    ['plain.example', 'https', true],
  ])) {
    const { socket } = connect(port, { host, origin: `${scheme}://${host}` });
    t.after(() => socket.terminate());
    const outcome = await Promise.race([
      once(socket, 'open').then(() => true),
      once(socket, 'unexpected-response').then(() => false),
    ]);
    assert.equal(outcome, isLetIn, `${scheme}://${host}`);
  }
  for (const host of ['https://', 'ticks.example/x', 'a b', 'ftp://ticks.example', 'user@ticks.example']) {
    const made = () => new Dashboard({ httpHost: [host] }, brokerAt(url), ABOUT);
    assert.throws(made, (error) => error instanceof UserError && error.message.includes('is no host'), host);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DEFAULT_BACKENDS, isDiscovering, parseAddresses, readConfig } from '../src/config.js';

const [A, B] = ['tcp://127.0.0.1:4242', 'tcp://algo:4243'];

/** @param {object} options */
const read = (options) => readConfig({ mqtt: 'mqtt://127.0.0.1', rpc: [A], params: {}, ...options });

test('each address gets a route, with the channels, parameters and rules of all', () => {
  const { routes } = read({ rpc: [A, B], params: { cash: 7 }, channel: 'trades/#;bars', symbols: new Set(['goog']) });
  assert.deepEqual(
    routes.map(({ address }) => address),
    [A, B],
  );
  for (const { params, channels, rules } of routes) {
    assert.deepEqual({ params, channels }, { params: { cash: 7 }, channels: ['trades/#', 'bars'] });
    assert.deepEqual(rules?.symbols, new Set(['goog']));
  }
});

test('addresses are repeated, or have spaces between them, and replace the default', () => {
  assert.deepEqual(parseAddresses(A, DEFAULT_BACKENDS), [A]);
  assert.deepEqual(parseAddresses(B, [A]), [A, B]);
  assert.deepEqual(parseAddresses(` ${A}  ${B}\n`, DEFAULT_BACKENDS), [A, B]);
});

for (const [options, sentence] of /** @type {[object, RegExp][]} */ ([
  [{ rpc: [A, B, A] }, /^--rpc tcp:\/\/127\.0\.0\.1:4242 is given twice$/],
  [{ rpc: [A, 'algo:1'] }, /^--rpc is "algo:1": a backend's address is written tcp/],
  [{ rpc: [A, B], name: 'x' }, /^--name x is the name of one algorithm, and --rpc gives 2 backends: leave it out/],
  [{ rpc: [A, B], count: 7 }, /^--count 7 counts the quotes of one algorithm, and --rpc gives 2 backends/],
  [{ rpc: [A, B], acceptOlderJournal: true }, /^--accept-older-journal is for one journal, and --rpc gives 2/],
  [{ name: 'a/b' }, /^the name "a\/b" would break topics/],
  [{ discover: true, name: 'x' }, /^--name x is for one algorithm, and --discover serves all that are announced/],
  [{ discover: true, count: 7 }, /^--count 7 is for one algorithm/],
  [{ discover: true, acceptOlderJournal: true }, /^--accept-older-journal is for one algorithm/],
  [{ prefix: '/x' }, /^--prefix is "\/x"/],
])) {
  test(`${JSON.stringify(options)} is refused`, () => {
    assert.throws(() => read(options), { name: 'UserError', message: sentence });
  });
}

for (const [rpc, discover, expected] of /** @type {[string, string | undefined, boolean][]} */ ([
  ['default', undefined, false],
  ['default', 'cli', true],
  ['default', 'env', true],
  ['env', 'cli', false],
  ['env', 'env', false],
  ['cli', 'env', false],
])) {
  test(`with --rpc from ${rpc} and --discover from ${discover}, ${expected ? 'all that are announced' : 'those that are named'} are served`, () => {
    assert.equal(
      isDiscovering((option) => ({ rpc, discover })[option]),
      expected,
    );
  });
}

test('to name backends and to serve all is a contradiction', () => {
  assert.throws(() => isDiscovering(() => 'cli'), /^UserError: --rpc names the backends, and --discover serves all/);
});

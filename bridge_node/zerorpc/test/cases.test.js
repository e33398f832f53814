import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';

import { RemoteError } from '../index.js';
import { GUARD, startCases, startClient } from './helpers.js';

const { cases } = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8'));

/**
 * A value of the table.
 * @param {any} value
 * @returns {any}
 */
function read(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(read);
  if ('$int' in value) return BigInt(value.$int);
  if ('$float' in value) return { inf: Infinity, nan: NaN }[/** @type {'inf' | 'nan'} */ (value.$float)];
  if ('$bytes' in value) return Buffer.from(value.$bytes, 'hex');
  if ('$range' in value) return Array.from({ length: value.$range }, (_, i) => i);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, read(each)]));
}

for (const language of /** @type {const} */ (['Python', 'Node.js'])) {
  describe(`a client of Node.js and a server of ${language}`, { ...GUARD, concurrency: true }, () => {
    /** @type {import('../index.js').Client} */
    let client;
    /** @type {(() => unknown)[]} */
    const cleanups = [];
    before(async () => {
      const t = /** @type {any} */ ({ after: (/** @type {() => unknown} */ f) => cleanups.unshift(f) });
      client = await startClient(t, await startCases(t, language));
    });
    after(async () => {
      for (const cleanup of cleanups) await cleanup();
    });

    for (const { holds, call, args: written, value, items, error, kind } of cases) {
      test(holds, async () => {
        const args = written.map(read);
        /** @type {unknown[]} */
        const seen = [];
        const run = async () => {
          if (items === undefined) return client.invoke(call, ...args);
          for await (const item of client.stream(call, ...args)) seen.push(item);
          return undefined;
        };
        if (error) {
          await assert.rejects(run(), (raised) => {
            assert(raised instanceof RemoteError);
            assert.deepEqual([raised.name, raised.message], error);
            assert.match(String(raised.traceback), new RegExp(`${error[0]}: ${error[1]}`));
            return true;
          });
        } else assert.deepEqual(await run(), read(value));
        assert.deepEqual(seen, read(items ?? []));
        if (kind) assert.equal(await client.invoke('kind', ...args), kind);
      });
    }
  });
}

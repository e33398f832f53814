/** The lines that say every few seconds what has become of an algorithm's inputs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Summary } from '../src/route/summary.js';
import { keptLog } from './helpers.js';

test('a line tells what has come since the last one, and none is written if that is nothing', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { log, lines } = keptLog();
  const meter = { totals: { quotes: 5, data: 0, orders: 1, refused: 0, failed: 0 } };
  const summary = new Summary(/** @type {any} */ (meter), log);
  t.mock.timers.tick(5000);
  assert.equal(lines.length, 0);
  meter.totals = { quotes: 1234 + 5, data: 2, orders: 2, refused: 3, failed: 1 };
  t.mock.timers.tick(5000);
  const fields = { quotes: 1234, data: 2, orders: 1, refused: 3, failed: 1 };
  const text = '1,234 quotes decided, 2 data, 1 order, 3 refused, 1 failed';
  assert.deepEqual(lines, [{ level: 'info', text, fields }]);
  meter.totals = { ...meter.totals, quotes: 1240 };
  summary.end();
  assert.equal(lines[1].text, '1 quote decided, 0 orders');
  t.mock.timers.tick(10_000);
  assert.equal(lines.length, 2);
});

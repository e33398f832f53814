/** Log lines of the bridge: JSON that can be parsed, text that fits a terminal, and nothing forged. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createLog } from '../src/support/log.js';

const HOSTILE = '\n{"level":"error"}\r\u001b[2J\u009b31m\u2028\u202e\u0085';

/**
 * A log, and the lines that it has written.
 * @param {{level?: string, format?: string, isTTY?: boolean}} [how]
 */
function begin({ level = 'debug', format = 'json', isTTY = false } = {}) {
  process.env.LOG_FORMAT = format;
  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  const counted = [];
  /** @param {string} line */
  const write = (line) => void lines.push(...line.slice(0, -1).split('\n'));
  const log = createLog(level, 'bridge', (each) => void counted.push(each), { isTTY, write });
  return { log, lines, counted, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test('a line has the fields of its process, of its algorithm, and its own', () => {
  const { log, parsed } = begin();
  log.child({ algo: 'random' }).warn({ order_id: 'o1', n: Infinity }, 'o1 is cancelled');
  const [{ time, ...line }] = parsed();
  assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(line, {
    level: 'warning',
    component: 'bridge',
    algo: 'random',
    event: 'o1 is cancelled',
    order_id: 'o1',
    n: null,
  });
});

test('nothing overwrites what every line has', () => {
  const { log, lines, parsed } = begin();
  log.info({ level: 'error', component: 'c', time: 0, event: 'forged' }, 'x');
  const [{ level, component, event }] = parsed();
  assert.deepEqual([level, component, event], ['info', 'bridge', 'x']);
  assert.ok(!lines[0].includes('forged'));
});

test('less severe lines are left out; those that are written are counted', () => {
  const { log, parsed, counted } = begin({ level: 'warning' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  assert.deepEqual(
    parsed().map(({ level, event }) => [level, event]),
    [
      ['warning', 'c'],
      ['error', 'd'],
    ],
  );
  assert.deepEqual(counted, ['warning', 'error']);
});

for (const format of ['json', 'text']) {
  test(`hostile text cannot forge a line: ${format}`, () => {
    const { log, lines, parsed } = begin({ format });
    log.info(HOSTILE);
    log.info({ quote_id: HOSTILE, [HOSTILE]: HOSTILE, held: { [HOSTILE]: [HOSTILE, '\ud800'] } }, 'x');
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /^[\x20-\x7e]*$/);
    if (format === 'json') assert.deepEqual([parsed()[0].event, parsed()[1].quote_id], [HOSTILE, HOSTILE]);
  });
}

test('the lines of a traceback are one field in JSON, and indented in text', () => {
  const fields = { error: 'E: x', traceback: `Traceback\n  ${HOSTILE}\n` };
  const asJson = begin();
  asJson.log.error(fields, 'it failed');
  assert.equal(asJson.parsed()[0].traceback, fields.traceback);
  const asText = begin({ format: 'text' });
  asText.log.error(fields, 'it failed');
  const [first, ...others] = asText.lines;
  assert.equal(first, 'error: it failed');
  assert.equal(others.length, 3);
  for (const line of others) assert.match(line, /^ {4}[\x20-\x7e]*$/);
});

test('a long text is cut', () => {
  const { log, lines } = begin();
  log.info({ payload: 'y'.repeat(100_000) }, 'x');
  log.info('z'.repeat(100_000));
  assert.ok(lines.every((line) => line.length < 10_000));
});

test('text is the sentence with its level and its fields', () => {
  const { log, lines } = begin({ format: 'text' });
  log.debug({ quote_id: '1', by: 'a b', held: [1] }, 'buying');
  log.info('up');
  assert.deepEqual(lines, ['debug: buying  quote_id=1 by="a b" held=[1]', 'up']);
});

test('at a terminal lines are coloured text with the time', () => {
  const { log, lines } = begin({ format: '', isTTY: true });
  log.warn({ order_id: 'o1' }, 'it is away');
  assert.equal(
    lines[0].replace(/\d\d:\d\d:\d\d/, 'TIME'),
    '\u001b[2mTIME\u001b[0m \u001b[33mwarning: it is away\u001b[0m  \u001b[2morder_id=o1\u001b[0m',
  );
});

test('another format is refused with a sentence', () => {
  assert.throws(() => begin({ format: 'xml' }), { message: 'LOG_FORMAT is "xml"; expected json or text' });
});

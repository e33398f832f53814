import { pino } from 'pino';

import { UserError } from './errors.js';
import { escaped, textOf } from './log_text.js';

/** The values of `--log-level` and LOG_LEVEL; the Python parts call `warn` `warning`. */
export const LEVELS = ['debug', 'info', 'warn', 'warning', 'error'];

/** Characters of a field's text: Docker cuts a line at 16 KiB, and half of it is not JSON. */
const MAX_TEXT = 8192;

/** What every line has; a field of this name that one is given is left out. */
const OWN = new Set(['time', 'level', 'component', 'event']);

/**
 * A log of one event per line on stderr, with fields: JSON, or text for a person. docs/reference/logs.md lists them.
 * @param {string} level  the least severe lines that are written
 * @param {string} component  what runs, such as "bridge"
 * @param {(level: string) => void} [count]  called with "warning" or another name of a level for each line
 * @param {{isTTY?: boolean, write?: (line: string) => void}} [to]  by default stderr
 */
export function createLog(level, component, count = () => {}, { isTTY = process.stderr.isTTY, write = stderr() } = {}) {
  const isJson = logsJson(isTTY);
  const isColoured = Boolean(isTTY) && !process.env.NO_COLOR;
  return pino(
    {
      level: level === 'warning' ? 'warn' : level,
      base: { component },
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: named(label) }), log: bounded },
      hooks: {
        logMethod(args, method, severity) {
          count(named(pino.levels.labels[severity]));
          method.apply(this, /** @type {typeof args} */ (args.map(cut)));
        },
      },
    },
    { write: (line) => write(`${isJson ? escaped(line.slice(0, -1)) : textOf(JSON.parse(line), isColoured)}\n`) },
  );
}

/**
 * Whether log lines are JSON, so that a command that fails says it in such a line, too.
 * @param {boolean} isTTY  of stderr
 * @throws {UserError} if LOG_FORMAT is neither json nor text
 */
export function logsJson(isTTY = process.stderr.isTTY) {
  const format = process.env.LOG_FORMAT || (isTTY ? 'text' : 'json');
  if (format === 'json' || format === 'text') return format === 'json';
  throw new UserError(`LOG_FORMAT is "${format}"; expected json or text`);
}

/** @param {string} label  of pino */
function named(label) {
  return label === 'warn' ? 'warning' : label;
}

/** Each line is written at once, or a crash would lose those that matter. */
function stderr() {
  const destination = pino.destination({ dest: 2, sync: true });
  destination.on('error', () => {}); // nobody reads it any more
  return (/** @type {string} */ line) => void destination.write(line);
}

/** @param {Record<string, unknown>} fields */
function bounded(fields) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const [name, value] of Object.entries(fields)) {
    if (OWN.has(name)) continue;
    found[name] = cut(value);
  }
  return found;
}

/** @param {unknown} value */
function cut(value) {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT - 1)}…` : value;
}

/** @typedef {import('pino').Logger} Log */

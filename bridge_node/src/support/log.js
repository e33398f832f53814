import { pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** As `--log-level` and LOG_LEVEL name them; `warning` is what the Python parts call `warn`. */
export const LEVELS = ['debug', 'info', 'warn', 'warning', 'error'];

/**
 * A log of one line per event on stdout: a message, then its fields as JSON.
 * @param {string} level
 */
export function createLog(level) {
  return pino(
    { level: level === 'warning' ? 'warn' : level, base: null },
    PinoPretty({
      colorize: process.stdout.isTTY,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss.l',
      // lines are written when they are logged, or a crash would lose the ones that matter
      sync: true,
    }),
  );
}

/** @typedef {import('pino').Logger} Log */

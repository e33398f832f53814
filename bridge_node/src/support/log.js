import { pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** The values of `--log-level` and LOG_LEVEL; the Python parts call `warn` `warning`. */
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
      // each line is written at once, or a crash would lose those that matter
      sync: true,
    }),
  );
}

/** @typedef {import('pino').Logger} Log */

import { pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** The values of `--log-level` and LOG_LEVEL; the Python parts call `warn` `warning`. */
export const LEVELS = ['debug', 'info', 'warn', 'warning', 'error'];

/**
 * A log of one line per event on stdout: a message, then its fields as JSON.
 * @param {string} level
 * @param {(level: string) => void} [count]  called with "warning" or another name of a level for each line
 */
export function createLog(level, count = () => {}) {
  return pino(
    {
      level: level === 'warning' ? 'warn' : level,
      base: null,
      hooks: {
        logMethod(args, write, severity) {
          const name = pino.levels.labels[severity];
          count(name === 'warn' ? 'warning' : name);
          write.apply(this, args);
        },
      },
    },
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

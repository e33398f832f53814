import { UserError } from './errors.js';
import { logsJson } from './log.js';

/**
 * Run what logs: why it ends is a log line, too, if those are JSON; and so is an error that nothing catches.
 * @template T
 * @param {import('./log.js').Log} log
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function logged(log, run) {
  process.on('uncaughtException', (error) => {
    const { name, message, stack } = error;
    log.error({ error: `${name}: ${message}`, traceback: stack }, `a mistake in the program: ${message}`);
    process.exit(1);
  });
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof UserError) || !logsJson()) throw error;
    log.error(error.message);
    process.exit(2);
  }
}

import { UserError } from './support/errors.js';

/** Variables of options that have no value: those of other options are parsed with them. */
const SWITCHES = ['BRIDGE_BATCH_OUTPUTS', 'BRIDGE_DISCOVER'];
const YES = /^(1|t|true|y|yes|on)$/i;
const NO = /^(0|f|false|n|no|off)$/i;

/**
 * Make a process' environment ready for commander, which takes any value of a switch for a yes: remove the
 * variables that count as not set. These are switches that say no, and empty ones, as compose files make them.
 * @param {NodeJS.ProcessEnv} env
 * @throws {UserError} naming the switch that says neither yes nor no
 */
export function tidyVariables(env) {
  for (const [key, value] of Object.entries(env)) {
    if (value === '' && /^(BRIDGE_|LOG_LEVEL)/.test(key)) delete env[key];
    else if (SWITCHES.includes(key) && NO.test(value ?? '')) delete env[key];
    else if (SWITCHES.includes(key) && !YES.test(value ?? '')) {
      throw new UserError(`${key} is "${value}": it has to be yes or no`);
    }
  }
}

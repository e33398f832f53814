/** What every process shows of itself (docs/reference/metrics.md, "Every process"). */

import { readdirSync } from 'node:fs';

import { Counter, Registry } from '@platformatic/prom-client';

import { addCount, addReading } from './reading.js';

/** The levels of log lines that are counted. */
const COUNTED = ['warning', 'error'];

/**
 * The registry of this process: /metrics and `stats/<part>` show what is in it.
 * @param {string} component  such as "bridge"
 * @param {string} version  of the package
 */
export function createRegistry(component, version) {
  const registry = new Registry();
  const begun = { wall: Date.now(), steady: performance.now() };
  addReading(
    registry,
    {
      name: 'tickwire_build_info',
      help: 'Which part this is, and of which version; always 1.',
      labelNames: ['component', 'version'],
    },
    () => [[{ component, version }, 1]],
  );
  addReading(
    registry,
    {
      name: 'tickwire_clock_shift_seconds',
      help: 'How far the clock was set ahead since the start, or back where it is negative.',
    },
    () => [[{}, (Date.now() - begun.wall - (performance.now() - begun.steady)) / 1000]],
  );
  addReading(
    registry,
    { name: 'process_start_time_seconds', help: 'When the process started, in seconds since 1970.' },
    () => [[{}, performance.timeOrigin / 1000]],
  );
  addReading(registry, { name: 'process_resident_memory_bytes', help: 'Memory of the process, in bytes.' }, () => [
    [{}, process.memoryUsage.rss()],
  ]);
  if (process.platform === 'linux') {
    addReading(registry, { name: 'process_open_fds', help: 'Files and connections that are open.' }, openFiles);
  }
  addCount(registry, { name: 'process_cpu_seconds_total', help: 'CPU time of the process, in seconds.' }, () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
  return registry;
}

/** @returns {[{}, number][]} */
function openFiles() {
  try {
    return [[{}, readdirSync('/proc/self/fd').length - 1]]; // without the folder itself
  } catch {
    return [[{}, NaN]]; // as many are open as may be: the other metrics are worth more than ever
  }
}

/**
 * Add whether the process is of use at present.
 * @param {Registry} registry
 * @param {() => boolean} isReady
 */
export function addReady(registry, isReady) {
  addReading(registry, { name: 'tickwire_ready', help: 'Whether /readyz says so: 0 or 1.' }, () => [
    [{}, Number(isReady())],
  ]);
}

/**
 * Add the log lines that a person should see.
 * @param {Registry} registry
 * @returns {(level: string) => void} to be called for each line
 */
export function addLogLines(registry) {
  const lines = new Counter({
    name: 'tickwire_log_lines_total',
    help: 'Log lines of the levels warning and error.',
    labelNames: ['level'],
    registers: [registry],
  });
  for (const level of COUNTED) lines.inc({ level }, 0);
  return (level) => {
    if (COUNTED.includes(level)) lines.inc({ level });
  };
}

/** The metrics of a part as a message (contracts/README.md, "Stats"). */

import { LIMITS } from '../messages/limits.js';

/** Whether a sample is shown, by its name. */
const SHOWN = /^(tickwire_|process_(resident_memory_bytes|cpu_seconds_total)$)/;
/** Those that count as 0 when they are absent. */
const COUNTS = /_(total|bucket|sum|count)$/;

/**
 * @typedef {[string, Record<string, string>, number | null]} Sample
 * @typedef {object} About
 * @property {string} part
 * @property {string} component
 * @property {string} name
 * @property {string} instance
 * @property {string} version
 * @property {string} since
 */

/**
 * @param {About} about
 * @param {string[]} reasons  why it is of no use at present
 * @param {Sample[]} samples
 * @returns {string} JSON
 */
export function statsText(about, reasons, samples) {
  const head = JSON.stringify({
    ...about,
    at: new Date().toISOString(),
    ready: reasons.length === 0,
    reasons: reasons.slice(0, LIMITS.statsReasons),
  });
  const texts = samples.map((sample) => JSON.stringify(sample));
  const isBucket = samples.map(([name]) => name.endsWith('_bucket'));
  const room = LIMITS.statsBytes - Buffer.byteLength(head) - OVERHEAD;
  const all = fitting(texts, room);
  // what is left out are buckets first
  const shown =
    all.length === texts.length
      ? all
      : fitting(
          texts.filter((_, n) => !isBucket[n]),
          room,
        );
  const left = texts.length - shown.length;
  return `${head.slice(0, -1)},"samples":[${shown.join()}]${left > 0 ? `,"left_out":${left}` : ''}}`;
}

/** Bytes of the names of the last two fields, and of what is around their values. */
const OVERHEAD = 50;

/**
 * The first texts that have room, with a comma behind each.
 * @param {string[]} texts
 * @param {number} room  bytes
 */
function fitting(texts, room) {
  let bytes = 0;
  const end = texts.findIndex((text) => (bytes += Buffer.byteLength(text) + 1) > room);
  return end === -1 ? texts : texts.slice(0, end);
}

/**
 * @param {import('@platformatic/prom-client').Registry} registry
 * @returns {Promise<Sample[]>} those that are shown, without counts of 0
 */
export async function samplesOf(registry) {
  /** @type {Sample[]} */
  const samples = [];
  for (const { name, values } of /** @type {any[]} */ (await registry.getMetricsAsJSON())) {
    for (const { metricName = name, labels, value } of values) {
      if (!SHOWN.test(metricName) || (value === 0 && COUNTS.test(metricName))) continue;
      const texts = Object.fromEntries(Object.entries(labels).map(([label, each]) => [label, String(each)]));
      samples.push([metricName, texts, Number.isFinite(value) ? value : null]);
    }
  }
  return samples;
}

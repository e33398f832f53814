/** Numbers and times as the page shows them; what is not known is a dash. */

const UNKNOWN = '–';
const MONEY = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SIGNED = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SIGNED_PERCENT = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});
const QUANTITY = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** The viewer's time zone, as its short name: "CET". */
export const ZONE =
  new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })
    .formatToParts(new Date())
    .find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';

/** @typedef {number | null | undefined} MaybeNumber */

/** @param {Intl.NumberFormat} format */
const by = (format) => (/** @type {MaybeNumber} */ value) =>
  typeof value === 'number' && Number.isFinite(value) ? format.format(value) : UNKNOWN;

export const money = by(MONEY);
export const signedMoney = by(SIGNED);
export const percent = by(PERCENT);
export const signedPercent = by(SIGNED_PERCENT);
export const quantity = by(QUANTITY);
export const whole = by(WHOLE);

/**
 * Things per second: `0.4`, `37,246`.
 * @param {MaybeNumber} value
 */
export function rate(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return UNKNOWN;
  return value === 0 || value >= 10 ? whole(value) : value.toFixed(1);
}

/**
 * @param {MaybeNumber} bytes
 */
export function size(bytes) {
  if (typeof bytes !== 'number' || !Number.isFinite(bytes)) return UNKNOWN;
  if (bytes < 1024) return `${whole(bytes)} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/**
 * How long ago, or how long: `8 s`, `3 min`, `2 h`, `4 days`.
 * @param {MaybeNumber} ms
 */
export function span(ms) {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return UNKNOWN;
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/**
 * A value of a message as JSON; one that is nested too deep to be written is a dash.
 * @param {unknown} value
 */
export function json(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return UNKNOWN;
  }
}

/**
 * The time of day, today; with the date on other days.
 * @param {MaybeNumber} ms  since 1970
 * @param {number} now
 */
export function time(ms, now) {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return UNKNOWN;
  const isToday = new Date(ms).toDateString() === new Date(now).toDateString();
  return (isToday ? CLOCK : DAY_AND_CLOCK).format(ms);
}

/**
 * The bridge's one parser of times, for a quote's `ts`. Like portfolio/times, it is tested with
 * contracts/examples/time.json (contracts/README.md, "Times").
 */

import { InvalidTimeError } from '../support/errors.js';

/** In nanoseconds. */
export const SECOND = 10n ** 9n;

/** @param {number} year */
const newYear = (year) => BigInt(Date.UTC(year, 0, 1)) * 10n ** 6n;

// A quote of another year is a mistake, or a placeholder for no time (0001-01-01, 9999-12-31).
const EARLIEST = newYear(1700);
const LATEST = newYear(2201);

// The years 1980 to 2200 in s, ms, us and ns: disjoint ranges, which contain no date as digits.
const RANGES = [9, 6, 3, 0].map((digits) => {
  const size = 10n ** BigInt(digits);
  return { least: newYear(1980) / size, beyond: LATEST / size, size, digits };
});
// Ticks of .NET count a hundred nanoseconds from the year 1. Those of 1980 to 2200 are nanoseconds of October 1989 to the
// end of 1991 as well.
const TICK = 100n;
const TICKS_BEFORE_1970 = 621_355_968_000_000_000n;
const MAY_BE_TICKS = { least: TICKS_BEFORE_1970 + newYear(1980) / TICK, beyond: TICKS_BEFORE_1970 + LATEST / TICK };
const DATES = [17000101n, 22001231n];
const DATES_WITH_MINUTES = [170001010000n, 220012312359n];
const DATES_WITH_SECONDS = [17000101000000n, 22001231235959n];

const ZONE = String.raw`(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?`;
const SPLIT = /^(\d{4}([-./])\d{2}\2\d{2}|\d{8})(?:(?:T| {1,2})(.+))?$/s;
const TIME_OF_DAY = new RegExp(String.raw`^(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?${ZONE}$`);
const BASIC_TIME_OF_DAY = new RegExp(String.raw`^(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d{1,9}))?)?${ZONE}$`);
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;
const AMBIGUOUS = /^\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b/i;

// The usual ISO 8601, of years that no offset moves out of range, without 29 February.
const PLAIN =
  /^(?:1[89]|2[01])\d\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$/;
// as doubles; numbers in nanoseconds are not safe integers
const [LEAST_S, LEAST_MS, LEAST_US] = RANGES.map((range) => Number(range.least));
const [BEYOND_S, BEYOND_MS, BEYOND_US] = RANGES.map((range) => Number(range.beyond));

/**
 * Refuse anything that is not a time. The bridge needs no instant, so the usual spellings are not parsed.
 * @param {unknown} ts
 * @returns {asserts ts is string | number}
 * @throws {InvalidTimeError} as `instant` does
 */
export function checkTime(ts) {
  if (typeof ts === 'string') {
    if (PLAIN.test(ts)) return;
  } else if (typeof ts === 'number') {
    if (ts >= LEAST_MS && ts < BEYOND_MS) return;
    if ((ts >= LEAST_S && ts < BEYOND_S) || (ts >= LEAST_US && ts < BEYOND_US)) return;
  }
  instant(ts);
}

/**
 * The nanoseconds since 1970, UTC, that a time stands for.
 *
 * Text is ISO 8601, with `T` or a space, whose date may also be written with dots or slashes between
 * year, month and day; without an offset it is UTC, without a time of day midnight. A number, or its
 * text, is distinguished by its magnitude: seconds, milliseconds, microseconds or nanoseconds since 1970
 * for the years 1980 to 2200, or a date as the digits YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS. It is
 * read by its shortest decimal text; digits beyond the nanosecond are cut off.
 *
 * @param {unknown} ts
 * @returns {bigint}
 * @throws {InvalidTimeError} with a code of contracts/README.md, "Times", if it is not such a time
 */
export function instant(ts) {
  if (typeof ts === 'string') return ofText(ts);
  if (typeof ts !== 'number') throw new InvalidTimeError('time_type', ts, 'a time is a text or a number');
  if (!Number.isFinite(ts)) throw new InvalidTimeError('time_type', ts, 'a time is a finite number');
  if (Math.abs(ts) > Number.MAX_SAFE_INTEGER) {
    throw new InvalidTimeError('time_unsafe', ts, 'a number of more than 53 bits is not exact: send ISO 8601 text');
  }
  const whole = Math.trunc(ts);
  // the shortest text of a double is what was written, even if its binary value differs
  const fraction = ts === whole ? '' : String(ts).split('.')[1];
  return ofNumber(ts, BigInt(whole), fraction ?? '');
}

/** @param {string} ts */
function ofText(ts) {
  const number = NUMBER.exec(ts);
  if (number) {
    const [, sign, digits, fraction = ''] = number;
    // 20 digits exceed every range, and a million of them are slow to read
    return ofNumber(ts, BigInt(sign + digits.slice(0, 20)), /[1-9]/.test(fraction) ? fraction : '');
  }
  const split = SPLIT.exec(ts);
  if (!split) throw unreadable(ts);
  const [, date, , rest] = split;
  const time = rest === undefined ? null : (TIME_OF_DAY.exec(rest) ?? BASIC_TIME_OF_DAY.exec(rest));
  if (rest !== undefined && !time) throw unreadable(ts);
  const day = ofDigits(ts, date.replace(/\D/g, ''));
  if (!time) return day;
  const [, hour, minute, second = '00', fraction = '', zone] = time;
  const ofDay = secondOfDay(ts, hour, minute, second) + BigInt(fraction.padEnd(9, '0'));
  return within(ts, day + ofDay - offset(ts, zone));
}

/** @param {string} ts */
function unreadable(ts) {
  if (AMBIGUOUS.test(ts)) {
    return new InvalidTimeError('time_ambiguous', ts, 'it can be read in several ways: a time is ISO 8601 text');
  }
  return new InvalidTimeError('time_format', ts, 'a time is ISO 8601 text, such as 2024-01-10T21:55:31Z, or a number');
}

/**
 * @param {unknown} ts
 * @param {bigint} ns
 */
function within(ts, ns) {
  if (ns < EARLIEST || ns >= LATEST) {
    throw new InvalidTimeError('time_range', ts, 'a time is of the years 1700 to 2200');
  }
  return ns;
}

/**
 * @param {unknown} ts
 * @param {bigint} whole
 * @param {string} fraction  its digits; empty if all are 0
 */
function ofNumber(ts, whole, fraction) {
  if (MAY_BE_TICKS.least <= whole && whole < MAY_BE_TICKS.beyond) {
    const reason = 'it may be ns since 1970, of 1989 to 1991, or ticks of .NET: send ISO 8601 text';
    throw new InvalidTimeError('time_ambiguous', ts, reason);
  }
  for (const { least, beyond, size, digits } of RANGES) {
    if (least <= whole && whole < beyond) {
      return whole * size + BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
    }
  }
  /** @param {bigint[]} bounds */
  const isAmong = ([first, last]) => first <= whole && whole <= last;
  if (fraction === '') {
    if (isAmong(DATES)) return ofDigits(ts, String(whole));
    if (isAmong(DATES_WITH_MINUTES) || isAmong(DATES_WITH_SECONDS)) {
      const text = String(whole).padEnd(14, '0');
      const day = ofDigits(ts, text.slice(0, 8));
      return day + secondOfDay(ts, text.slice(8, 10), text.slice(10, 12), text.slice(12));
    }
  }
  throw new InvalidTimeError('time_range', ts, whatItMightBe(Number(whole)));
}

/** @param {number} whole */
function whatItMightBe(whole) {
  let guess = 'an instant before 1980 or after 2200';
  if (whole >= 1000 && whole <= 2999) guess = 'a year';
  else if (whole >= 20_000 && whole < 110_000) guess = 'a day of Excel';
  else if (whole >= 0 && whole < 20_000_000) guess = 'the number of a row, or an instant near 1970';
  else if (Math.abs(whole) < LEAST_S) guess = 'seconds of before 1980';
  return (
    'as a number a time is s, ms, us or ns since 1970 of the years 1980 to 2200, or YYYYMMDD,' +
    ` YYYYMMDDHHMM or YYYYMMDDHHMMSS; it might be ${guess}`
  );
}

/**
 * @param {unknown} ts
 * @param {string} digits  YYYYMMDD
 */
function ofDigits(ts, digits) {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)].map(Number);
  // not Date.UTC, which reads the years 0 to 99 as 1900 to 1999
  const date = new Date(0);
  const ms = date.setUTCFullYear(year, month - 1, day);
  // a day that does not exist becomes one of another month
  if (year === 0 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    throw new InvalidTimeError('time_impossible', ts, 'there is no such day');
  }
  return within(ts, BigInt(ms) * 10n ** 6n);
}

/**
 * @param {unknown} ts
 * @param {string} hour
 * @param {string} minute
 * @param {string} second
 */
function secondOfDay(ts, hour, minute, second) {
  if (hour > '23' || minute > '59' || second > '59') {
    throw new InvalidTimeError('time_impossible', ts, 'there is no such time of day');
  }
  return BigInt((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * SECOND;
}

/**
 * @param {unknown} ts
 * @param {string | undefined} zone
 */
function offset(ts, zone) {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0n;
  const hours = zone.slice(1, 3);
  const minutes = zone.slice(3).replace(':', '') || '00';
  if (hours > '23' || minutes > '59') {
    throw new InvalidTimeError('time_impossible', ts, `there is no offset ${zone}`);
  }
  const size = BigInt(Number(hours) * 60 + Number(minutes)) * 60n * SECOND;
  return zone.startsWith('-') ? -size : size;
}

/** `--fields`: which fields of other publishers' messages make a quote. */

import { MessageError, UserError, shown } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';
import { overlap } from '../support/topic_filter.js';
import { kindOf } from './kinds.js';
import { textOfNumber } from './values.js';

const TARGETS = /** @type {const} */ (['sid', 'quote', 'ts', 'id']);
const EXAMPLE = 'sid=s,quote=p,ts=T,id=s+t';

/**
 * For each field that is mapped, the names of the fields whose values make it.
 * @typedef {Partial<Record<'sid' | 'quote' | 'ts' | 'id', string[]>>} Mapping
 */

/**
 * Read `sid=s,quote=data.p` or `trades/#:sid=s,…`; several are separated by semicolons.
 * @param {string} text
 * @returns {{channel: string | undefined, mapping: Mapping}[]}
 * @throws {UserError}
 */
export function parseFields(text) {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      // a channel may hold a colon, and no field is named before the first "="
      const colon = part.slice(0, Math.max(part.indexOf('='), 0)).lastIndexOf(':');
      const channel = colon === -1 ? undefined : part.slice(0, colon);
      if (channel !== undefined && kindOf(channel) === 'data') {
        throw new UserError(
          `--fields: "${channel}" carries data, which is passed on as it is: quotes need another channel`,
        );
      }
      return { channel, mapping: parseMapping(part.slice(colon + 1)) };
    });
}

/** @param {string} text */
function parseMapping(text) {
  /** @type {Mapping} */
  const mapping = {};
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const target = /** @type {'sid' | 'quote' | 'ts' | 'id'} */ (part.slice(0, Math.max(equals, 0)).trim());
    const names = part
      .slice(equals + 1)
      .split('+')
      .map((name) => name.trim());
    const wrong = faultOf(target, names, equals === -1, mapping);
    if (wrong) throw new UserError(`--fields: "${part}" ${wrong}`);
    mapping[target] = names;
  }
  return mapping;
}

/**
 * @param {'sid' | 'quote' | 'ts' | 'id'} target
 * @param {string[]} names
 * @param {boolean} hasNone
 * @param {Mapping} mapping
 * @returns {string | undefined}
 */
function faultOf(target, names, hasNone, mapping) {
  if (hasNone || names.includes('')) return `names no field; expected ${EXAMPLE}`;
  if (!TARGETS.includes(target)) {
    return `is for no field of a quote, which are ${TARGETS.join(', ')}${didYouMean(target, [...TARGETS])}`;
  }
  if (mapping[target]) return `names the field for ${target} a second time`;
  if (names.length > 1 && (target === 'quote' || target === 'ts')) {
    return `joins fields, which makes a sid or an id, and no ${target}`;
  }
  return undefined;
}

/**
 * The mapping for a channel: the first of those that name it, else the one for all channels.
 * @param {{channel: string | undefined, mapping: Mapping}[]} given
 * @param {string} channel
 * @returns {Mapping | undefined}
 */
export function mappingFor(given, channel) {
  const own = given.find((each) => each.channel !== undefined && overlap(each.channel, channel));
  return (own ?? given.find((each) => each.channel === undefined))?.mapping;
}

/**
 * The value that a message has for one field.
 * @param {Record<string, unknown>} message
 * @param {'sid' | 'quote' | 'ts' | 'id'} target
 * @param {string[]} names
 * @returns {unknown}
 * @throws {MessageError} field_missing, or the type of a part that cannot be joined
 */
export function mapped(message, target, names) {
  const values = names.map((name) => {
    const value = valueAt(message, name);
    if (value === undefined) {
      throw new MessageError('field_missing', `"${name}" is missing, which --fields names for ${target}`);
    }
    return value;
  });
  if (values.length === 1) return values[0];
  return values
    .map((value, n) => {
      const text = typeof value === 'string' ? value : textOfNumber(value, names[n]);
      if (text === undefined) {
        const sentence = `"${names[n]}" is ${shown(value, 80)}: a part of ${target} is a text, or a whole number`;
        throw new MessageError(`${target}_type`, sentence);
      }
      return text;
    })
    .join(':');
}

/**
 * @param {Record<string, unknown>} message
 * @param {string} name  of a key; else a path of keys, separated by dots
 */
function valueAt(message, name) {
  if (Object.hasOwn(message, name)) return message[name];
  /** @type {unknown} */
  let value = message;
  for (const step of name.split('.')) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, step)) return undefined;
    value = /** @type {Record<string, unknown>} */ (value)[step];
  }
  return value;
}

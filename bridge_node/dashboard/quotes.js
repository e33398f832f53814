/** The quotes of a message, as the bridge reads them; of a message that it refuses there may be fewer, or none. */

import { isFieldName } from '#shared/messages/field_names.js';
import { nameOf, TIMES } from '#shared/messages/names.js';

/** @typedef {{sid: string, price: number, ts: unknown, fields: Record<string, any>}} Quote */

/** @param {any} message  a map @returns {Quote[]} */
export function quotesOf(message) {
  const ts = message[nameOf.ts(message) ?? ''];
  const name = nameOf.sid(message);
  const found =
    name !== undefined || Object.hasOwn(message, 'quote')
      ? [{ sid: message[name ?? ''], price: message[nameOf.quote(message) ?? ''], ts, fields: message }]
      : shorthand(message).map((sid) => ({ sid, price: message[sid], ts, fields: {} }));
  return found.flatMap(({ sid, price, ...others }) => {
    const [symbol, value] = [symbolOf(sid), priceOf(price)];
    return symbol && value > 0 && value < Infinity ? [{ sid: symbol, price: value, ...others }] : [];
  });
}

/** The instruments of a shorthand; none if it has a name of a field, which is of another message. @param {object} message */
function shorthand(message) {
  const names = Object.keys(message).filter((name) => !['ts', 'id', ...TIMES].includes(name));
  return names.some(isFieldName) ? [] : names;
}

/** @param {unknown} sid */
const symbolOf = (sid) => (typeof sid === 'string' || typeof sid === 'number' ? String(sid).trim() : '');

/** @param {unknown} price */
const priceOf = (price) => (typeof price === 'string' || typeof price === 'number' ? Number(price) : NaN);

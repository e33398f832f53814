/** What the command line says, checked once. */

import { InvalidArgumentError } from 'commander';

import { checkBackend } from './backend/address.js';
import { checkChannels } from './backend/channels.js';
import { checkName } from './backend/name.js';
import { parseFields } from './messages/fields.js';
import { readBroker } from './mqtt/options.js';
import { checkPrefix } from './mqtt/prefix.js';

/**
 * @typedef {object} Config
 * @property {ReturnType<typeof readBroker>} access  how the broker is reached
 * @property {string} prefix  of all topics; empty, or with "/" at its end
 * @property {import('./route/route.js').RouteConfig} route
 */

/**
 * @param {Record<string, any>} options  as commander has parsed them, by the functions below
 * @returns {Config}
 * @throws {UserError} naming the option whose value cannot be used
 */
export function readConfig(options) {
  const { rpc, params, name, channel, symbols, fields, count, acceptOlderJournal, prefix } = options;
  return {
    prefix: prefix === undefined ? '' : checkPrefix(prefix),
    access: readBroker(/** @type {import('./mqtt/options.js').Given} */ (options)),
    route: {
      address: checkBackend(rpc),
      params,
      name: name === undefined ? undefined : checkName(name),
      channels: channel === undefined ? undefined : checkChannels(channel.split(';'), '--channel'),
      rules: { fields: parseFields(fields ?? ''), symbols },
      count,
      acceptOlderJournal,
    },
  };
}

/** @param {string} text */
export function parseParams(text) {
  let params;
  try {
    params = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${/** @type {Error} */ (error).message}.`);
  }
  if (params === null || typeof params !== 'object' || Array.isArray(params)) {
    throw new InvalidArgumentError('It has to be a map such as {"cash": 50000}.');
  }
  return params;
}

/** @param {string} text */
export function parseSymbols(text) {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('It has to be names of instruments, such as goog,aapl.');
  return new Set(names);
}

/** @param {string} text */
export function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
  }
  return port;
}

/** @param {string} text */
export function parseCount(text) {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return count;
}

/**
 * Join the values of an option that may be repeated.
 * @param {string} text
 * @param {string} [before]
 */
export function joined(text, before) {
  return before === undefined ? text : `${before};${text}`;
}

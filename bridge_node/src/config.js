/** What the command line says, checked once. */

import { InvalidArgumentError } from 'commander';

import { checkBackend } from './backend/address.js';
import { readKeys } from './backend/keys.js';
import { checkChannels } from './backend/channels.js';
import { checkName } from './backend/name.js';
import { readListen } from './http/listen.js';
import { parseFields } from './messages/fields.js';
import { readBroker } from './mqtt/options.js';
import { checkPrefix } from './mqtt/prefix.js';
import { UserError } from './support/errors.js';

/**
 * @typedef {object} Config
 * @property {Omit<ReturnType<typeof readBroker>, 'warnings'>} access  how the broker is reached
 * @property {string[]} warnings  secrets that others on this machine can see, a sentence each
 * @property {string} prefix  of all topics; empty, or with "/" at its end
 * @property {import('./route/route_config.js').RouteConfig[]} routes  one for each backend that is named
 * @property {Omit<import('./route/route_config.js').RouteConfig, 'address'>} [announced]  what the routes have in common of
 *   algorithms that are announced, if these are to be served
 */

/** Where `algo-service serve` listens, unless it is told otherwise. */
export const DEFAULT_BACKENDS = ['tcp://127.0.0.1:4242'];

/**
 * @param {Record<string, any>} options  as commander has parsed them, by the functions below
 * @returns {Config}
 * @throws {UserError} naming the option whose value cannot be used
 */
export function readConfig(options) {
  const { params, name, channel, symbols, fields, count, acceptOlderJournal, batchOutputs, discover } = options;
  const { curveKeys } = options;
  if (discover) checkDiscover(options);
  const addresses = discover ? [] : readAddresses(options);
  const shared = {
    params,
    name: name === undefined ? undefined : checkName(name),
    channels: channel === undefined ? undefined : checkChannels(channel.split(';'), '--channel'),
    rules: { fields: parseFields(fields ?? ''), symbols },
    count,
    acceptOlderJournal,
    batchOutputs,
    curve: curveKeys === undefined ? undefined : readKeys(curveKeys),
  };
  return {
    ...readAccess(options),
    routes: addresses.map((address) => ({ address, ...shared })),
    announced: discover ? shared : undefined,
  };
}

/**
 * How the broker is reached, and the prefix of all topics there.
 * @param {Record<string, any>} options
 * @returns {Pick<Config, 'access' | 'warnings' | 'prefix'>}
 * @throws {UserError} naming the option whose value cannot be used
 */
export function readAccess(options) {
  const prefix = options.prefix === undefined ? '' : checkPrefix(options.prefix);
  const { warnings, ...access } = readBroker(/** @type {import('./mqtt/options.js').Given} */ (options));
  return { prefix, access, warnings };
}

/**
 * @param {Record<string, any>} options
 * @throws {UserError} for options that belong to one algorithm
 */
function checkDiscover({ name, count, acceptOlderJournal }) {
  const given = name !== undefined ? `--name ${name}` : count !== undefined ? `--count ${count}` : '';
  if (given || acceptOlderJournal) {
    throw new UserError(
      `${given || '--accept-older-journal'} is for one algorithm, and --discover serves all that are announced: name the backend by --rpc`,
    );
  }
}

/**
 * Whether all algorithms that are announced are served, and not the backends that are named.
 * @param {(option: 'rpc' | 'discover') => string | undefined} sourceOf  where its value is from: 'cli', 'env', 'default'
 * @throws {UserError} if the command line asks for both
 */
export function isDiscovering(sourceOf) {
  const source = sourceOf('discover');
  if (source === 'cli' && sourceOf('rpc') === 'cli') {
    throw new UserError('--rpc names the backends, and --discover serves all that are announced: give one of them');
  }
  return (source === 'cli' || source === 'env') && sourceOf('rpc') === 'default';
}

/**
 * @param {Record<string, any>} options
 * @returns {string[]} the addresses of the backends
 * @throws {UserError} for one that is none, and for options that belong to one algorithm, with several
 */
function readAddresses({ rpc, name, count, acceptOlderJournal }) {
  const addresses = /** @type {string[]} */ (rpc).map(checkBackend);
  const twice = addresses.find((address, n) => addresses.indexOf(address) < n);
  if (twice !== undefined) throw new UserError(`--rpc ${twice} is given twice`);
  if (addresses.length === 1) return addresses;
  const among = `and --rpc gives ${addresses.length} backends`;
  if (name !== undefined) {
    throw new UserError(
      `--name ${name} is the name of one algorithm, ${among}: leave it out, or start a bridge for each`,
    );
  }
  if (count !== undefined) {
    throw new UserError(`--count ${count} counts the quotes of one algorithm, ${among}: start a bridge for each`);
  }
  if (acceptOlderJournal) {
    throw new UserError(`--accept-older-journal is for one journal, ${among}: start a bridge for that one alone, once`);
  }
  return addresses;
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
export function parseListen(text) {
  const listen = readListen(text);
  if (listen) return listen;
  throw new InvalidArgumentError(
    'It has to be a port, or a host and a port, such as 9100, 0.0.0.0:9100 or [::1]:9100.' +
      ' A port is a whole number from 1 to 65535.',
  );
}

/** @param {string} text */
export function parseCount(text) {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return count;
}

/**
 * Collect addresses: one or, with spaces between, several in a value, which may be repeated.
 * @param {string} text
 * @param {string[]} before
 */
export function parseAddresses(text, before) {
  const addresses = text.trim().split(/\s+/);
  return before === DEFAULT_BACKENDS ? addresses : [...before, ...addresses];
}

/**
 * Join the values of an option that may be repeated.
 * @param {string} text
 * @param {string} [before]
 */
export function joined(text, before) {
  return before === undefined ? text : `${before};${text}`;
}

/**
 * Add the names of an option that may be repeated, or has several separated by spaces.
 * @param {string} text
 * @param {string[]} [before]
 */
export const spaced = (text, before = []) => [...before, ...text.trim().split(/\s+/)];

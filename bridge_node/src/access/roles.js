import { checkChannels } from '../backend/channels.js';
import { nameFault } from '../backend/name.js';
import { shown, UserError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';
import { topicLevel } from '../support/topic_level.js';

const SEEN = [
  ...['{channel}', 'bars/#', 'data/#', 'indicators/#', 'orders/+', 'fills/+', 'portfolios/+', 'errors/+'],
  ...['replies/+', 'replies/+/+', 'halts/+', 'algos/+', 'bridges/+', 'stats/+'],
];

/**
 * What a client may do.
 * @typedef {object} Role
 * @property {'one' | 'several'} connections  that a client of the role may have at a time. With one, its name is its
 *   client id, so that it can take the session of nobody else
 * @property {Record<string, string[]>} options  of `grant`, with what they are unless they are given
 * @property {string[]} reads  topic filters, without the prefix; {name} stands for the client, {channel} for a value of this option
 * @property {string[]} writes
 */

/** The roles, those of contracts/roles.json: a test compares them. @type {Record<string, Role>} */
export const ROLES = {
  feed: {
    connections: 'one',
    options: { channel: ['quotes/#'], source: ['{name}'] },
    reads: [],
    writes: ['{channel}', 'errors/{source}', 'stats/+'],
  },
  bridge: {
    connections: 'several',
    options: { channel: ['quotes/#'] },
    reads: [
      ...['{channel}', 'bars/#', 'data/#', 'indicators/#', 'commands/+', 'queries/+', 'algos/+', 'bridges/+'],
      ...['portfolios/+', 'halts/+', '$SYS/broker/publish/messages/dropped'],
    ],
    writes: [
      ...['orders/+', 'fills/+', 'portfolios/+', 'data/+/+', 'errors/+', 'replies/+', 'replies/+/+', 'halts/+'],
      ...['bridges/+', 'stats/+'],
    ],
  },
  service: {
    connections: 'one',
    options: { algo: ['{name}'] },
    reads: ['algos/{algo}'],
    writes: ['algos/{algo}', 'stats/+'],
  },
  venue: {
    connections: 'one',
    options: { algo: ['+'] },
    reads: ['orders/{algo}'],
    writes: ['executions/{algo}', 'stats/+'],
  },
  operator: {
    connections: 'several',
    options: { channel: ['quotes/#'] },
    reads: SEEN,
    writes: ['commands/+', 'queries/+', 'algos/+', 'bridges/+', 'portfolios/+'],
  },
  viewer: {
    connections: 'one',
    options: { channel: ['quotes/#'] },
    reads: SEEN,
    writes: ['queries/+'],
  },
  device: {
    connections: 'one',
    options: { reads: [] },
    reads: ['quotes/{name}/#', 'quotes/{reads}/#'],
    writes: ['quotes/{name}/#'],
  },
  deriver: {
    connections: 'several',
    options: { channel: ['quotes/#'], source: ['+'] },
    reads: ['{channel}'],
    writes: ['indicators/#', 'bars/#', 'errors/{source}', 'stats/+'],
  },
  recorder: {
    connections: 'one',
    options: { channel: ['quotes/#'] },
    reads: ['{channel}', 'bars/#', 'data/#', 'indicators/#'],
    writes: ['stats/+'],
  },
  notifier: {
    connections: 'one',
    options: {},
    reads: ['orders/+', 'fills/+', 'portfolios/+', 'errors/+', 'halts/+', 'algos/+'],
    writes: ['stats/+'],
  },
};

/** Which option of `grant` is which, in the order in which `list` shows them. */
const OPTIONS = ['channel', 'source', 'algo', 'reads'];

/**
 * @param {string} role
 * @throws {UserError} if there is no such role
 */
export function checkRole(role) {
  if (Object.hasOwn(ROLES, role)) return;
  const names = Object.keys(ROLES);
  throw new UserError(`there is no role "${role}"${didYouMean(role, names) || `: the roles are ${names.join(', ')}`}`);
}

/**
 * What `grant` was given beside a name and a role.
 * @typedef {{channel?: string[], source?: string[], algo?: string[], reads?: string[]}} Given
 */

/**
 * @param {string} role
 * @param {Given} given
 * @throws {UserError} for an option that the role does not have, and a value that it cannot have
 */
export function checkGiven(role, given) {
  const { options } = ROLES[role];
  for (const option of Object.keys(given)) {
    if (Object.hasOwn(options, option)) continue;
    const has = Object.keys(options).map((each) => `--${each}`);
    throw new UserError(
      `the role ${role} takes no --${option}${has.length > 0 ? `: it takes ${has.join(' and ')}` : ''}`,
    );
  }
  for (const [option, names] of /** @type {const} */ ([
    ['source', given.source],
    ['algo', given.algo],
  ])) {
    for (const name of names ?? []) {
      const fault = name === '+' ? '' : nameFault(name);
      if (fault) throw new UserError(`--${option} is ${shown(name, 80)}: ${fault}; + alone stands for all`);
    }
  }
  if (!given.channel) return;
  checkChannels(given.channel, '--channel');
  const own = given.channel.find((channel) => channel.startsWith('$'));
  if (own !== undefined) throw new UserError(`--channel ${own}: topics that begin with "$" are the broker's own`);
}

/**
 * The options of a grant as they are written on a command line.
 * @param {Given} given
 */
export function written(given) {
  return OPTIONS.flatMap((option) =>
    (given[/** @type {keyof Given} */ (option)] ?? []).map((value) => `--${option} ${value}`),
  ).join(' ');
}

/**
 * @param {string} role
 * @param {string} name  of the client
 * @param {Given} given
 * @param {string} prefix  of all topics
 * @returns {{reads: string[], writes: string[]}} topic filters
 */
export function rightsOf(role, name, given, prefix) {
  const { options, reads, writes } = ROLES[role];
  /** @type {Record<string, string[]>} */
  const values = { name: [name] };
  for (const [option, usual] of Object.entries(options)) {
    const chosen = given[/** @type {keyof Given} */ (option)] ?? usual.map((value) => value.replace('{name}', name));
    values[option] = option === 'channel' ? chosen : chosen.map((value) => (value === '+' ? value : topicLevel(value)));
  }
  const filters = (/** @type {string[]} */ templates) => [
    ...new Set(templates.flatMap((template) => filled(template, values)).map((filter) => below(prefix, filter))),
  ];
  return { reads: filters(reads), writes: filters(writes) };
}

/**
 * @param {string} template  with at most one {option} in it
 * @param {Record<string, string[]>} values
 */
function filled(template, values) {
  const [place, option] = /\{(\w+)\}/.exec(template) ?? [];
  return place ? values[option].map((value) => template.replace(place, () => value)) : [template];
}

/** @param {string} prefix @param {string} filter */
const below = (prefix, filter) => (filter.startsWith('$') ? filter : prefix + filter);

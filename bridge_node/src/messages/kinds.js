/**
 * What a backend decides on. The channel of an input says its kind (contracts/README.md, "Inputs").
 * @typedef {'quote' | 'data' | 'command' | 'execution'} Kind
 * @typedef {import('./quote.js').Quote | import('./data.js').Data | import('./command.js').Command} Input
 */

/** @type {Kind[]} */
export const KINDS = ['quote', 'data', 'command', 'execution'];

/**
 * @param {string} channel  a topic, or a filter whose first level is no wildcard
 * @returns {Kind}
 */
export function kindOf(channel) {
  if (channel.startsWith('data/') || channel.startsWith('indicators/')) return 'data';
  if (channel.startsWith('commands/')) return 'command';
  return channel.startsWith('executions/') ? 'execution' : 'quote';
}

import { RESERVED_TOPICS } from '../messages/reserved_topics.js';
import { UserError } from '../support/errors.js';
import { filterFault, overlap } from '../support/topic_filter.js';
import { topicLevel } from '../support/topic_level.js';

/**
 * Refuse channels that would feed an algorithm its own kind of output, or an input twice.
 * @param {unknown} channels  what `initialize` returned
 * @param {string} source  where they come from, for the error
 * @returns {string[]}
 * @throws {UserError} naming the channel
 */
export function checkChannels(channels, source = 'initialize') {
  if (!Array.isArray(channels) || channels.length === 0) {
    throw new UserError(
      `initialize returned ${JSON.stringify(channels)}: it has to return a list of channels, such as ["quotes"]`,
    );
  }
  channels.forEach((channel, n) => {
    const fault = channelFault(channel);
    if (fault) throw new UserError(`channel ${JSON.stringify(channel)} of ${source}: ${fault}`);
    const reserved = RESERVED_TOPICS.find((name) => overlap(channel, `${name}/#`));
    if (reserved) {
      throw new UserError(`channel "${channel}" of ${source} would receive ${reserved}/…, which is no channel`);
    }
    const other = channels.slice(0, n).find((earlier) => overlap(channel, earlier));
    if (other !== undefined) {
      throw new UserError(`channels "${other}" and "${channel}" of ${source} overlap: a quote would come twice`);
    }
  });
  return channels;
}

/**
 * Refuse channels that would feed an algorithm with what it publishes itself.
 * @param {string[]} channels
 * @param {string} algo  its name
 * @param {string} source  where the channels come from, for the error
 * @throws {UserError} naming the channel
 */
export function checkOwnData(channels, algo, source) {
  const own = `data/${topicLevel(algo)}`;
  const channel = channels.find((each) => overlap(each, `${own}/#`));
  if (channel === undefined) return;
  throw new UserError(
    `channel "${channel}" of ${source} would receive ${own}/…, which ${algo} itself publishes: name the data of others, such as data/other/signal`,
  );
}

/** @param {unknown} channel */
function channelFault(channel) {
  if (typeof channel !== 'string' || channel === '') return 'a channel is a text';
  if (channel.startsWith('$share/')) return 'shared subscriptions would deliver each quote to one of several bridges';
  return filterFault(channel);
}

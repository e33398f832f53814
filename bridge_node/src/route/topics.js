import { UserError } from '../support/errors.js';

const OUTPUTS = ['orders', 'fills', 'portfolios', 'algos', 'errors', 'bridges'];

/**
 * Where the outputs of one algorithm go (contracts/README.md).
 * @param {string} algo
 * @param {string} prefix  of all topics
 */
export function outputTopics(algo, prefix = '') {
  return {
    orders: `${prefix}orders/${algo}`,
    fills: `${prefix}fills/${algo}`,
    portfolio: `${prefix}portfolios/${algo}`,
    errors: `${prefix}errors/${algo}`,
    claim: `${prefix}bridges/${algo}`,
  };
}

/**
 * Add what came of a quote, in the order placed.
 * @param {import('../mqtt/publisher.js').Publication[]} publications
 * @param {import('../backend/backend.js').Decision} decision
 * @param {{orders: string, fills: string}} topics
 */
export function addOutputs(publications, { orders, fills }, topics) {
  for (const payload of orders) publications.push({ topic: topics.orders, payload });
  for (const payload of fills) publications.push({ topic: topics.fills, payload });
}

/**
 * Whether some topic matches both filters; with a topic as one of them, whether it matches.
 * The rules are those of MQTT 5, section 4.7.
 * @param {string} a
 * @param {string} b
 */
export function overlap(a, b) {
  const left = a.split('/');
  const right = b.split('/');
  // [MQTT-4.7.2-1] a wildcard at the front matches no topic that begins with $
  if (isWildcard(left[0]) && right[0].startsWith('$')) return false;
  if (isWildcard(right[0]) && left[0].startsWith('$')) return false;
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    // "sport/#" matches "sport" as well (section 4.7.1.2)
    if (left[i] === '#' || right[i] === '#') return true;
    if (left[i] === undefined || right[i] === undefined) return false;
    if (left[i] !== right[i] && left[i] !== '+' && right[i] !== '+') return false;
  }
  return true;
}

/** @param {string} level */
function isWildcard(level) {
  return level === '+' || level === '#';
}

/**
 * Refuse channels that would feed an algorithm its own kind of output, or a quote twice.
 * @param {unknown} channels  what `initialize` returned
 * @param {string} source  who gave them
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
    const fault = fault_(channel);
    if (fault) throw new UserError(`channel ${JSON.stringify(channel)} of ${source}: ${fault}`);
    const output = OUTPUTS.find((name) => overlap(channel, `${name}/#`));
    if (output) {
      throw new UserError(`channel "${channel}" of ${source} would receive ${output}/…, which is an output`);
    }
    const other = channels.slice(0, n).find((earlier) => overlap(channel, earlier));
    if (other !== undefined) {
      throw new UserError(`channels "${other}" and "${channel}" of ${source} overlap: a quote would come twice`);
    }
  });
  return channels;
}

/** @param {unknown} channel */
function fault_(channel) {
  if (typeof channel !== 'string' || channel === '') return 'a channel is a text';
  if (!channel.isWellFormed() || channel.includes('\0')) return 'it holds a character that MQTT forbids';
  if (Buffer.byteLength(channel) > 65535) return 'it is longer than MQTT allows';
  if (channel.startsWith('$share/')) return 'shared subscriptions would deliver each quote to one of several bridges';
  const levels = channel.split('/');
  const misplaced = levels.some(
    (level, n) =>
      (level.includes('#') && (level !== '#' || n !== levels.length - 1)) || (level.includes('+') && level !== '+'),
  );
  return misplaced ? '"+" stands for one whole level, "#" for all that follow, at the end' : '';
}

/**
 * @param {string} name
 * @returns {string} the name
 * @throws {UserError} if it would break topics and ids
 */
export function checkName(name) {
  if (name === '' || /[/+#:\0]/.test(name)) {
    throw new UserError(
      `the name "${name}" would break topics and ids: it may not be empty nor hold "/", "+", "#" or ":"`,
    );
  }
  return name;
}

/**
 * @param {string} prefix  of all topics
 * @returns {string} the same, with "/" at its end
 * @throws {UserError} if no topic can begin with it
 */
export function checkPrefix(prefix) {
  if (!/^[^/$#+\0][^#+\0]*$/.test(prefix) || !prefix.isWellFormed()) {
    throw new UserError(
      `--prefix is "${prefix}": it is written site1/, begins with neither "/" nor "$", and holds no "+" or "#"`,
    );
  }
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

import { randomBytes, randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { nameFault } from '../backend/name.js';
import { readAccess } from '../config.js';
import { isReachable } from '../messages/address.js';
import { COUNTS_FOR, SWAP } from '../messages/command.js';
import { LIMITS } from '../messages/limits.js';
import { BrokerLink } from '../mqtt/broker_link.js';
import { Connection } from '../mqtt/connection.js';
import { reach } from '../mqtt/reach.js';
import { reason, shown, UserError } from '../support/errors.js';
import { createLog } from '../support/log.js';
import { escaped } from '../support/log_text.js';
import { topicLevel } from '../support/topic_level.js';
import { withoutPassword } from '../support/without_password.js';

/** [MQTT5-3.4.2.1] */
const NO_MATCHING_SUBSCRIBERS = 0x10;
/** ms after the expiry until no reply is awaited any more: a swap that has begun before it may end after it. */
const MAX_END = 30_000;

/**
 * @typedef {{outcome: string, text: string, cancelled: {order_id: string, sid: string, side: string, quantity: number}[]}} Reply
 */

/**
 * Ask the bridge of an algorithm to swap its backend, and print the reply.
 * @param {string} name  of the algorithm
 * @param {Record<string, any>} options
 * @throws {UserError} if it is refused, or no reply comes
 */
export async function swap(name, options) {
  const command = commandOf(name, options);
  const { access, warnings, prefix } = readAccess(options);
  for (const each of warnings) process.stderr.write(`${each}\n`);
  const broker = new BrokerLink(access, createLog('silent', 'swap'), prefix);
  const clientId = `${prefix}tickwire-swap-${randomBytes(6).toString('hex')}`;
  const connection = new Connection(broker, { clientId, clean: true });
  const level = topicLevel(name);
  try {
    const { outcome, text, cancelled } = await exchange(connection, broker, command, {
      commands: `${prefix}commands/${level}`,
      replies: `${prefix}replies/${level}`,
    });
    if (outcome === 'refused') throw new UserError(text);
    const orders = cancelled.map(
      ({ side, quantity, sid, order_id: id }) => `cancelled: ${side} ${quantity} ${sid} (${id})`,
    );
    process.stdout.write([text, ...orders].map((line) => `${escaped(line)}\n`).join(''));
  } finally {
    await connection.stop();
  }
}

/**
 * @param {string} name
 * @param {Record<string, any>} options
 */
function commandOf(name, { to, positions, force, reason: why, by }) {
  const fault = nameFault(name);
  if (fault) throw new UserError(`NAME is ${shown(name, 80)}: ${fault}`);
  if (!isReachable(to)) {
    throw new UserError(
      `--to is ${shown(to.includes('@') ? withoutPassword(to) : to, 80)}: an address is written tcp://host:port, such as tcp://127.0.0.1:4243`,
    );
  }
  for (const [option, text, most] of [
    ['--reason', why, LIMITS.reason],
    ['--by', by, LIMITS.by],
  ]) {
    if (text === undefined || ([...text].length >= 1 && [...text].length <= most)) continue;
    throw new UserError(`${option} has ${[...text].length} characters; it has to have 1 to ${most}`);
  }
  const now = Date.now();
  return {
    command: SWAP,
    id: randomUUID(),
    by: by ?? person(),
    ...(why !== undefined && { reason: why }),
    ts: new Date(now).toISOString(),
    expires: new Date(now + COUNTS_FOR * 1000).toISOString(),
    to,
    ...(positions && { positions }),
    ...(force && { force }),
  };
}

function person() {
  let user = String(process.getuid?.() ?? '');
  try {
    user = userInfo().username;
  } catch {
    // a container's user may have no name
  }
  return [...`${user}@${hostname()}`].slice(0, LIMITS.by).join('');
}

/**
 * Publish a command and wait for its reply. On another connection it is published again: its id says that it is the
 * same one.
 * @param {Connection} connection
 * @param {BrokerLink} broker
 * @param {{id: string}} command
 * @param {{commands: string, replies: string}} topics
 * @returns {Promise<Reply>}
 */
async function exchange(connection, broker, command, topics) {
  let isPublished = false;
  const replied = new Promise((resolve, reject) => {
    connection.on('up', async (client) => {
      client.on('message', (/** @type {string} */ topic, /** @type {Buffer} */ payload) => {
        const reply = topic === topics.replies ? readReply(payload, command.id) : undefined;
        if (reply) resolve(reply);
      });
      try {
        await client.subscribeAsync(topics.replies, { qos: 1 });
        let isUnheard = false;
        client.on('packetreceive', (/** @type {any} */ { cmd, reasonCode }) => {
          isUnheard ||= cmd === 'puback' && reasonCode === NO_MATCHING_SUBSCRIBERS;
        });
        await client.publishAsync(topics.commands, JSON.stringify(command), { qos: 1 });
        // on a later connection a bridge may be on its way back, and somebody may have the first one
        if (isUnheard && !isPublished) {
          reject(
            new UserError(
              `nobody has the swap: no bridge has served this name at the broker at ${broker.shown}; topics below a prefix need --prefix`,
            ),
          );
        }
        isPublished = true;
      } catch (error) {
        if (connection.client !== client) return; // it is lost, and another follows
        reject(new UserError(`the broker at ${broker.shown} refuses the swap: ${reason(error)}`));
      }
    });
  });
  await reach(connection, broker, () => `: the swap was ${isPublished ? '' : 'not '}published`);
  const seconds = COUNTS_FOR + MAX_END / 1000;
  const reply = await Promise.race([replied, sleep(seconds * 1000, undefined, { ref: false })]);
  if (reply) return reply;
  throw new UserError(
    `no reply within ${seconds} s: no bridge serves this name, or its broker or its backend is away. It is refused ${COUNTS_FOR} s after it was published, unless it had begun; ${topics.replies} has its reply then, with the id ${command.id}`,
  );
}

/**
 * @param {Buffer} payload
 * @param {string} id
 * @returns {Reply | undefined} undefined if it is of another command
 */
function readReply(payload, id) {
  try {
    const { id: of, outcome, text, cancelled = [] } = JSON.parse(payload.toString());
    const isReply = of === id && typeof outcome === 'string' && typeof text === 'string' && Array.isArray(cancelled);
    return isReply ? { outcome, text, cancelled } : undefined;
  } catch {
    return undefined;
  }
}

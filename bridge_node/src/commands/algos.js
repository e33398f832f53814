import { readAccess } from '../config.js';
import { Directory } from '../discovery/directory.js';
import { forget } from '../discovery/forget.js';
import { asJson, table } from '../discovery/listing.js';
import { printable } from '../discovery/text.js';
import { ownerOf } from '../messages/claim.js';
import { BrokerLink } from '../mqtt/broker_link.js';
import { createLog } from '../support/log.js';
import { escaped } from '../support/log_text.js';

/** ms that a bridge has to show that it lives. */
const ANSWER = 1000;

/**
 * Print the algorithms at a broker.
 * @param {Record<string, any>} options
 */
export function listAlgos(options) {
  return withDirectory(options, async (directory, broker) => {
    await directory.ask(directory.names, ANSWER);
    for (const sentence of directory.ignored) process.stderr.write(`${escaped(sentence)}\n`);
    if (options.json) process.stdout.write(`${escaped(asJson(directory))}\n`);
    else if (directory.names.length > 0) process.stdout.write(`${table(directory).join('\n')}\n`);
    else process.stderr.write(`no algorithm is announced at the broker at ${broker.shown}\n`);
  });
}

/**
 * @param {string} name
 * @param {Record<string, any>} options
 */
export function forgetAlgo(name, options) {
  return withDirectory(options, async (directory, broker) => {
    const claim = await forget(directory, broker, name);
    process.stdout.write(`${escaped(name)} is forgotten\n`);
    if (!claim) return;
    const owner = printable(ownerOf(claim), 128);
    process.stdout.write(
      `a bridge goes on serving it, because it was told the address (${owner}): its session and its portfolio stay at the broker\n`,
    );
  });
}

/**
 * @param {Record<string, any>} options
 * @param {(directory: Directory, broker: BrokerLink) => Promise<void>} use
 */
async function withDirectory(options, use) {
  const { access, warnings, prefix } = readAccess(options);
  for (const each of warnings) process.stderr.write(`${each}\n`);
  const broker = new BrokerLink(access, createLog('silent', 'algos'), prefix);
  const directory = new Directory(broker);
  try {
    await directory.read();
    await use(directory, broker);
  } finally {
    await directory.close();
  }
}

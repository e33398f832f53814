import { readFileSync } from 'node:fs';

import { Command, InvalidArgumentError, Option } from 'commander';

import { checkBackend, checkBroker } from './address.js';
import { Bridge } from './bridge.js';
import { UserError } from './errors.js';
import { createLog, LEVELS } from './log.js';
import { parseFields } from './messages/fields.js';
import { didYouMean } from './nearest.js';
import { serveReadiness } from './readiness.js';
import { checkName } from './topics.js';

const { version, description } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** @param {string[]} argv */
export async function main(argv) {
  // A variable that is set to nothing, as compose files do, is as good as not set.
  for (const [key, value] of Object.entries(process.env)) {
    if (value === '' && /^(BRIDGE_|LOG_LEVEL)/.test(key)) delete process.env[key];
  }
  const program = new Command('bridge-node')
    .version(version)
    .description(description)
    .addOption(
      new Option('--log-level <level>', 'how much is said of each quote')
        .env('LOG_LEVEL')
        .choices(LEVELS)
        .default('info'),
    )
    .addOption(
      new Option('-m, --mqtt <url>', "the broker's address")
        .env('BRIDGE_MQTT')
        .default('mqtt://127.0.0.1:1883'),
    )
    .addOption(
      new Option('-r, --rpc <url>', "the address of the algorithm's service")
        .env('BRIDGE_RPC')
        .default('tcp://127.0.0.1:4242'),
    )
    .addOption(
      new Option('--params <json>', "the map that the algorithm's initialize receives")
        .env('BRIDGE_PARAMS')
        .argParser(parseParams)
        .default({ cash: 50000 }, '{"cash": 50000}'),
    )
    .addOption(
      new Option('--name <name>', 'of an algorithm that does not tell its own (default: host and port)').env(
        'BRIDGE_NAME',
      ),
    )
    .addOption(
      new Option('--http <port>', 'answer GET /readyz on this port of 127.0.0.1')
        .env('BRIDGE_HTTP')
        .argParser(parsePort),
    )
    .addOption(
      new Option('--symbols <names>', 'take quotes of these instruments only: goog,aapl')
        .env('BRIDGE_SYMBOLS')
        .argParser(parseSymbols),
    )
    .addOption(
      new Option(
        '--fields <mapping>',
        "where the messages of others have what a quote needs: sid=s,quote=data.p,ts=T,id=s+t, or 'trades/#:sid=s,…'" +
          ' for one channel; repeated, or with a semicolon between, for several',
      )
        .env('BRIDGE_FIELDS')
        .argParser((text, /** @type {string | undefined} */ before) => (before ? `${before};${text}` : text)),
    )
    .addOption(
      new Option('--count <n>', 'stop after so many quotes').env('BRIDGE_COUNT').argParser(parseCount),
    )
    // no environment variable: it is for one start, and must not outlive it
    .option(
      '--accept-older-journal',
      'go on with a journal that has fewer decisions than were published: quotes since then are decided again',
      false,
    )
    .allowExcessArguments() // runBridge has a better answer to them
    .action(runBridge);
  program
    .command('broker')
    .description('run a broker on loopback, for trying things out; it keeps nothing on disk')
    .addOption(
      new Option('--port <port>', 'port of 127.0.0.1').env('BRIDGE_BROKER_PORT').argParser(parsePort).default(1883),
    )
    .action(runBroker);
  for (const command of [program, ...program.commands]) {
    command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`bridge-node: ${error.message}\n`);
    process.exit(2);
  }
}

/**
 * @param {Record<string, any>} options
 * @param {Command} command
 */
async function runBridge(options, { args, commands }) {
  const { mqtt, rpc, params, name, http, symbols, fields, count, acceptOlderJournal, logLevel } = options;
  if (args.length > 0) {
    const known = commands.map((command) => command.name());
    throw new UserError(`there is no command "${args[0]}"${didYouMean(args[0], known)}`);
  }
  checkBroker(mqtt);
  checkBackend(rpc);
  if (name !== undefined) checkName(name);
  const rules = { fields: parseFields(fields ?? ''), symbols };
  const bridge = new Bridge(
    { mqtt, rpc, params, name, count, rules, acceptOlderJournal },
    createLog(logLevel),
  );
  const readiness = http && (await serveReadiness(http, () => bridge.ready));
  onceToldToEnd(() => bridge.stop());
  try {
    await bridge.run();
  } finally {
    readiness?.close();
  }
}

/**
 * @param {{port: number}} options
 * @param {Command} command
 */
async function runBroker({ port }, command) {
  const { startBroker } = await import('./broker.js'); // a bridge has no use for it
  const stop = await startBroker(port, createLog(command.optsWithGlobals().logLevel));
  onceToldToEnd(stop);
}

/** @param {() => void} end */
function onceToldToEnd(end) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, end);
}

/** @param {string} text */
function parseParams(text) {
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
function parseSymbols(text) {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('It has to be names of instruments, such as goog,aapl.');
  return new Set(names);
}

/** @param {string} text */
function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
  }
  return port;
}

/** @param {string} text */
function parseCount(text) {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return count;
}

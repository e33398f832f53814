import { readFileSync } from 'node:fs';

import { Command, Option } from 'commander';

import { accessCommand } from './commands/access.js';
import { POSITIONS } from './messages/command.js';
import { UserError } from './support/errors.js';
import { LEVELS } from './support/log.js';
import { escaped } from './support/log_text.js';
import { didYouMean } from './support/nearest.js';
import { withoutPassword } from './support/without_password.js';
import {
  DEFAULT_BACKENDS,
  isDiscovering,
  joined,
  parseAddresses,
  parseCount,
  parseParams,
  parseListen,
  parsePort,
  parseSymbols,
  readConfig,
  spaced,
} from './config.js';
import { tidyVariables } from './variables.js';

const { version, description } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** @param {string[]} argv */
export async function main(argv) {
  const program = new Command('bridge-node')
    .version(version)
    .description(description)
    .addOption(
      new Option('--log-level <level>', 'the least severe log lines that are written; at debug each quote is one')
        .env('LOG_LEVEL')
        .choices(LEVELS)
        .default('info'),
    )
    .addOption(
      new Option(
        '-m, --mqtt <url>',
        "the broker's address, mqtt://[user:password@]host[:port]; mqtts: for TLS, ws: and wss: for a WebSocket;" +
          ' special characters in user and password are percent-encoded, such as ":" by %3A',
      )
        .env('BRIDGE_MQTT')
        .default('mqtt://127.0.0.1:1883'),
    )
    .addOption(
      new Option(
        '--ca <file>',
        "the authorities that may have signed the broker's certificate (PEM), in place of the well-known ones",
      ).env('BRIDGE_CA'),
    )
    .addOption(new Option('--cert <file>', 'our client certificate for TLS (PEM)').env('BRIDGE_CERT'))
    .addOption(new Option('--key <file>', "the certificate's private key (PEM)").env('BRIDGE_KEY'))
    .addOption(new Option('--username <name>', 'the user name at the broker').env('BRIDGE_USERNAME'))
    .addOption(
      new Option('--password-file <file>', 'its first line is the password at the broker').env('BRIDGE_PASSWORD_FILE'),
    )
    .addOption(
      new Option('--prefix <prefix>', 'a prefix of all topics and client ids, such as site1/').env('BRIDGE_PREFIX'),
    )
    .addOption(
      new Option(
        '--channel <filter>',
        'a topic filter to receive quotes on, in place of those that the algorithm returns; repeat it, or separate' +
          ' several by semicolons',
      )
        .env('BRIDGE_CHANNEL')
        .argParser(joined),
    )
    .addOption(
      new Option(
        '-r, --rpc <url>',
        'the address of an algorithm service; repeat it, or separate several by spaces, to serve several algorithms',
      )
        .env('BRIDGE_RPC')
        .argParser(parseAddresses)
        .default(DEFAULT_BACKENDS, DEFAULT_BACKENDS[0]),
    )
    .addOption(
      new Option(
        '--curve-keys <dir>',
        'reach the backends by CURVE alone, with the keys in this folder: `algo-service keys add`',
      ).env('BRIDGE_CURVE_KEYS'),
    )
    .addOption(
      new Option(
        '--discover',
        'serve every algorithm that is announced on algos/+, for as long as it is there; not with --rpc',
      ).env('BRIDGE_DISCOVER'),
    )
    .addOption(
      new Option('--params <json>', "the map that the algorithm's initialize receives")
        .env('BRIDGE_PARAMS')
        .argParser(parseParams)
        .default({ cash: 50000 }, '{"cash": 50000}'),
    )
    .addOption(
      new Option('--name <name>', 'the name of an algorithm that has none of its own (default: host and port)').env(
        'BRIDGE_NAME',
      ),
    )
    .addOption(httpOption('BRIDGE_HTTP', 'show the dashboard, and '))
    .addOption(
      new Option(
        '--http-host <name>',
        'a name by which browsers reach the dashboard, such as ticks.example or 127.0.0.1:9000, or https://ticks.example' +
          ' behind a proxy with TLS; repeat it, or separate several by spaces',
      )
        .env('BRIDGE_HTTP_HOST')
        .argParser(spaced),
    )
    .addOption(
      new Option(
        '--http-token-file <file>',
        'its first line is the token of operators of the dashboard; by default it is another one at each start',
      ).env('BRIDGE_HTTP_TOKEN_FILE'),
    )
    .addOption(
      new Option(
        '--http-viewer-token-file <file>',
        'its first line is the token of those who look on at the dashboard, and command nothing',
      ).env('BRIDGE_HTTP_VIEWER_TOKEN_FILE'),
    )
    .addOption(
      new Option('--run <id>', 'the run that this bridge belongs to; /readyz?run=ID is ready for this run only').env(
        'BRIDGE_RUN',
      ),
    )
    .addOption(
      new Option('--symbols <names>', 'accept quotes of these instruments only, such as goog,aapl')
        .env('BRIDGE_SYMBOLS')
        .argParser(parseSymbols),
    )
    .addOption(
      new Option(
        '--fields <mapping>',
        "which fields of other publishers' messages make a quote: sid=s,quote=data.p,ts=T,id=s+t, or 'trades/#:sid=s,…'" +
          ' for one channel; repeat it, or separate several by semicolons',
      )
        .env('BRIDGE_FIELDS')
        .argParser(joined),
    )
    .addOption(
      new Option(
        '--batch-outputs',
        'publish the orders that are due together as one JSON array, and the fills as another: for high rates',
      )
        .env('BRIDGE_BATCH_OUTPUTS')
        .default(false),
    )
    .addOption(new Option('--count <n>', 'stop after this number of quotes').env('BRIDGE_COUNT').argParser(parseCount))
    // no environment variable: it is meant for one start only
    .option(
      '--accept-older-journal',
      'continue with a journal that has fewer decisions than were published; quotes since then are decided again',
      false,
    )
    .allowExcessArguments() // startBridge has a better error for them
    .action(startBridge);
  program
    .command('broker')
    .description('run a broker on loopback, for trying things out; it keeps nothing on disk')
    .allowExcessArguments(false)
    .addOption(
      new Option('--port <port>', 'port of 127.0.0.1').env('BRIDGE_BROKER_PORT').argParser(parsePort).default(1883),
    )
    .addOption(httpOption('BRIDGE_BROKER_HTTP'))
    .action(startBroker);
  program
    .command('swap')
    .description(
      'hand a running algorithm over to another service: its journal, to a standby with the same one, or its account, to' +
        ' another algorithm with a journal of its own',
    )
    .argument('<name>', 'of the algorithm')
    .requiredOption('--to <url>', 'the address of the service that serves it from then on')
    .addOption(
      new Option(
        '--positions <what>',
        'where another algorithm goes on: keep hands over what is held; flatten sells it first, at the next quotes',
      ).choices(POSITIONS),
    )
    .option('--force', 'swap away from a service that is dead')
    .option('--reason <text>', 'why, for the records')
    .option('--by <text>', 'who asks, in place of user@host')
    .allowExcessArguments(false)
    .action(runSwap);
  const algos = program
    .command('algos')
    .description('list the algorithms at the broker: state, address, the bridge that serves it, equity, last quote')
    .option('--json', 'print the list as JSON, with all that is announced')
    .allowExcessArguments() // runAlgos has a better error for them
    .action(runAlgos);
  algos
    .command('forget')
    .description('remove an algorithm: its record, its route and what waits for it; its journal stays')
    .argument('<name>', 'of the algorithm')
    .allowExcessArguments(false)
    .action(runForget);
  const access = accessCommand();
  program.addCommand(access);
  for (const command of [program, ...program.commands, ...algos.commands, ...access.commands]) {
    command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
    // the value of a misspelt option may be an address with a password
    command.configureOutput({
      outputError: (text, write) => write(text.replace(/[a-z]+:\/\/[^\s'"]+|[^\s'"=]*@[^\s'"]*/gi, withoutPassword)),
    });
  }
  try {
    tidyVariables(process.env);
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`bridge-node: ${escaped(error.message)}\n`);
    process.exit(2);
  }
}

/** @param {string} variable @param {string} [more]  that is offered there */
function httpOption(variable, more = '') {
  return new Option(
    '--http <port>',
    `${more}answer GET /metrics, /healthz and /readyz on this port of 127.0.0.1; host:port listens elsewhere`,
  )
    .env(variable)
    .argParser(parseListen);
}

/**
 * @param {Record<string, any>} options
 * @param {Command} command
 */
async function startBridge(options, command) {
  const { args, commands } = command;
  checkNoCommand(args, commands);
  const discover = isDiscovering((option) => command.getOptionValueSource(option));
  const config = readConfig({ ...givenTo(command), discover });
  const { runBridge } = await import('./commands/bridge.js'); // the other commands do not need it
  await runBridge({ options, config, version, onSignal });
}

/**
 * @param {{port: number}} options
 * @param {Command} command
 */
async function startBroker({ port }, command) {
  const { runBroker } = await import('./commands/broker.js'); // a bridge does not need it
  const { logLevel } = command.optsWithGlobals();
  const program = /** @type {Command} */ (command.parent);
  // on the command line the program takes it; a variable of the bridge is not meant for its broker
  const { http } = program.getOptionValueSource('http') === 'cli' ? program.opts() : command.opts();
  const running = runBroker({ port, http, logLevel, version });
  onSignal(() => running.then((stop) => stop()));
  await running;
}

/**
 * @param {Record<string, any>} _options
 * @param {Command} command
 */
async function runAlgos(_options, command) {
  checkNoCommand(command.args, command.commands);
  const { listAlgos } = await import('./commands/algos.js'); // a bridge does not need it
  await listAlgos(givenTo(command));
}

/**
 * @param {string} name
 * @param {Record<string, any>} _options
 * @param {Command} command
 */
async function runForget(name, _options, command) {
  const { forgetAlgo } = await import('./commands/algos.js');
  await forgetAlgo(name, givenTo(command));
}

/**
 * @param {string} name
 * @param {Record<string, any>} _options
 * @param {Command} command
 */
async function runSwap(name, _options, command) {
  const { swap } = await import('./commands/swap.js');
  await swap(name, givenTo(command));
}

/**
 * The options of a command and of those above it.
 * @param {Command} command
 * @returns {Record<string, any>}
 */
function givenTo(command) {
  return { ...command.optsWithGlobals(), isShown: command.getOptionValueSourceWithGlobals('mqtt') === 'cli' };
}

/**
 * @param {string[]} words  what is left of the command line
 * @param {readonly Command[]} commands
 * @throws {UserError} if there are any
 */
function checkNoCommand([word], commands) {
  if (word === undefined) return;
  const known = commands.map((each) => each.name());
  throw new UserError(`there is no command "${withoutPassword(word)}"${didYouMean(word, known)}`);
}

/** @param {() => void} end */
function onSignal(end) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, end);
}

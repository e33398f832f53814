import { Command, Option } from 'commander';

import { AccessFolder, ADMIN, BROKER, FILES, NEXT } from '../access/folder.js';
import { readAccess, spaced } from '../config.js';
import { checkPrefix } from '../mqtt/prefix.js';

/** @typedef {import('../access/control.js').Control} Control */

/** `bridge-node access`: what it needs beyond the command line is imported when it is asked for. */
export function accessCommand() {
  const access = new Command('access')
    .description('who may do what at a secured broker: an authority, certificates, passwords and roles')
    .addOption(new Option('--dir <folder>', 'the access folder').env('BRIDGE_ACCESS_DIR').default('access'));
  access
    .command('init')
    .description('make the access folder of a broker that is secured')
    .addOption(
      new Option(
        '--host <name>',
        'a name or an address by which clients reach the broker; repeat it, or separate several by spaces',
      )
        .argParser(spaced)
        .makeOptionMandatory(),
    )
    .allowExcessArguments(false)
    .action(async (_options, command) => {
      const { dir, host } = command.optsWithGlobals();
      const { init } = await import('../access/init.js');
      print(await init(new AccessFolder(dir), host));
    });
  access
    .command('grant')
    .description('let a client do what a role allows; one that is not there is made, with a certificate and a password')
    .argument('<name>', 'of the client')
    .argument('<role>', 'feed, bridge, service, venue, operator, viewer, device, deriver, recorder or notifier')
    .option('--channel <filter>', 'a topic filter of quotes, in place of quotes/#; repeat it for several', collected)
    .option(
      '--source <name>',
      'of a feed and a deriver: the source that it reports of; repeat it for several',
      collected,
    )
    .option('--algo <name>', 'of a service and a venue: the algorithm; + is all; repeat it for several', collected)
    .option('--reads <name>', 'of a device: another device whose quotes it reads; repeat it for several', collected)
    .allowExcessArguments(false)
    .action(async (name, role, _options, command) => {
      const { grant, checkWanted } = await import('../access/grant.js');
      const wanted = { name, role, given: givenOf(command), prefix: prefixOf(command) };
      checkWanted(wanted);
      await withBroker(command, (folder, control) => grant(folder, control, wanted));
    });
  access
    .command('revoke')
    .description('take a role from a client, or remove it, with its certificate and its password')
    .argument('<name>', 'of the client')
    .argument('[role]', 'all of them, and the client, unless it is given')
    .allowExcessArguments(false)
    .action(async (name, role, _options, command) => {
      const { revoke, checkUnwanted } = await import('../access/revoke.js');
      checkUnwanted(name, role);
      await withBroker(command, (folder, control) => revoke(folder, control, { name, role }));
    });
  access
    .command('rotate')
    .description('give a client another certificate and password; what it had is refused')
    .argument('<name>', `of the client; ${ADMIN}; or ${BROKER}, whose own certificate is renewed`)
    .allowExcessArguments(false)
    .action(async (name, _options, command) => {
      const { rotate, rotateAdmin, rotateBroker } = await import('../access/rotate.js');
      if (name === BROKER) return print(await rotateBroker(new AccessFolder(command.optsWithGlobals().dir).check()));
      await withBroker(command, (folder, control) =>
        name === ADMIN
          ? rotateAdmin(folder, control, async () => (await administer(command, folder)).close())
          : rotate(folder, control, name),
      );
    });
  access
    .command('list')
    .description('list the clients: roles, and until when the certificates are valid')
    .allowExcessArguments(false)
    .action(async (_options, command) => {
      const { list } = await import('../access/list.js');
      await withBroker(command, list);
    });
  return access;
}

/**
 * The options of a grant, as far as they are given.
 * @param {Command} command
 * @returns {import('../access/roles.js').Given}
 */
function givenOf(command) {
  const { source, algo, reads } = command.opts();
  // on the command line the program takes it; a variable of the bridge is not meant for its clients
  const isGiven = command.getOptionValueSourceWithGlobals('channel') === 'cli';
  const channel = isGiven ? command.optsWithGlobals().channel.split(';') : undefined;
  return Object.fromEntries(Object.entries({ channel, source, algo, reads }).filter(([, value]) => value));
}

/** @param {Command} command */
function prefixOf(command) {
  const { prefix } = command.optsWithGlobals();
  return prefix === undefined ? '' : checkPrefix(prefix);
}

/**
 * Act on the running broker as its administrator, and print what is to be told.
 * @param {Command} command
 * @param {(folder: AccessFolder, control: Control) => Promise<string[]>} act
 */
async function withBroker(command, act) {
  const folder = new AccessFolder(command.optsWithGlobals().dir).check();
  const control = await administer(command, folder);
  try {
    print(await act(folder, control));
  } finally {
    await control.close();
  }
}

/**
 * @param {Command} command
 * @param {AccessFolder} folder
 * @returns {Promise<Control>} that is open
 */
async function administer(command, folder) {
  if (!folder.isRotating) return opened(command, folder, FILES.password);
  try {
    const control = await opened(command, folder, NEXT);
    folder.settle();
    return control;
  } catch {
    return opened(command, folder, FILES.password);
  }
}

/**
 * @param {Command} command
 * @param {AccessFolder} folder
 * @param {string} password  its file
 */
async function opened(command, folder, password) {
  const options = command.optsWithGlobals();
  const isGiven = command.getOptionValueSourceWithGlobals('mqtt') !== 'default';
  const { access } = readAccess({
    ...options,
    mqtt: isGiven ? options.mqtt : folder.read(ADMIN, 'address').trim(),
    ca: options.ca ?? folder.join(ADMIN, FILES.ca),
    username: ADMIN,
    passwordFile: folder.join(ADMIN, password),
  });
  const { Control } = await import('../access/control.js');
  const { BrokerLink } = await import('../mqtt/broker_link.js');
  const { createLog } = await import('../support/log.js');
  const control = new Control(new BrokerLink(access, createLog('silent', 'access')));
  try {
    await control.open();
    return control;
  } catch (error) {
    await control.close();
    throw error;
  }
}

/** @param {string} value @param {string[]} [before] */
const collected = (value, before = []) => [...before, value];

/** @param {string[]} lines */
function print(lines) {
  process.stdout.write(`${lines.join('\n')}\n`);
}

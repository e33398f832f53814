import { execFileSync, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Aedes } from 'aedes';

import { BrokerLink } from '../src/mqtt/broker_link.js';
import { Message } from '../src/mqtt/message.js';
import { readBroker } from '../src/mqtt/options.js';
import { MemoryBudget } from '../src/support/memory_budget.js';
import { now } from '../src/support/moment.js';

/** A log that keeps its lines. */
export function keptLog() {
  /** @type {{level: string, text: string, fields: any}[]} */
  const lines = [];
  /** @param {string} level */
  const write = (level) => (/** @type {any} */ fields, /** @type {string | undefined} */ text) => {
    lines.push(typeof fields === 'string' ? { level, text: fields, fields: {} } : { level, text: text ?? '', fields });
  };
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const kept = { ...log, isLevelEnabled: () => true, setBindings: () => {}, child: () => kept };
  return { log: /** @type {any} */ (kept), lines };
}

/**
 * A broker as the bridge knows it.
 * @param {string} url
 * @param {import('../src/support/log.js').Log} [log]
 * @param {string} [prefix]
 */
export function brokerAt(url, log = keptLog().log, prefix = '') {
  return new BrokerLink(readBroker({ mqtt: url }), log, prefix);
}

/**
 * A message as it has arrived.
 * @param {Buffer} payload
 */
export function messageOf(payload) {
  return new Message('quotes', payload, 1, now(), new MemoryBudget().share());
}

/**
 * A broker behind a relay that can be cut: what the test counts is what the broker itself saw.
 * @param {import('node:test').TestContext} t
 */
export async function startBroker(t) {
  const aedes = await Aedes.createBroker({});
  const broker = createServer(aedes.handle).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const relay = createServer((client) => {
    const upstream = connect(portOf(broker), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const port = portOf(relay);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  t.after(() => {
    cut();
    relay.close();
    broker.close();
    aedes.close(); // not awaited: it never calls back where a client was cut off in the middle of things
  });
  return {
    aedes,
    url: `mqtt://127.0.0.1:${port}`,
    cut,
    /** Refuse connections until the function that it returns is called. */
    async takeAway() {
      const closed = once(relay, 'close');
      relay.close();
      cut();
      await closed;
      return async () => {
        relay.listen(port, '127.0.0.1');
        await once(relay, 'listening');
      };
    },
  };
}

/** @param {import('node:net').Server} server */
export function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/** A port that nothing listens on. */
export async function freePort(host = '127.0.0.1') {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const port = portOf(probe);
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Values that come one by one, to be awaited by their number. */
export class Collected extends EventEmitter {
  /** @type {any[]} */
  values = [];

  /** @param {any} value */
  push(value) {
    this.values.push(value);
    this.emit('value');
  }

  /** @param {number} count */
  async until(count) {
    while (this.values.length < count) await once(this, 'value');
    return this.values;
  }
}

/** The path of mosquitto, or undefined where it is not installed. */
export function findMosquitto() {
  try {
    const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
    return execFileSync('sh', ['-c', 'command -v mosquitto'], { env: { PATH }, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

const mosquitto = findMosquitto();

/**
 * The brokers that a test runs against: name, start, and why it is skipped.
 * @type {[string, (t: import('node:test').TestContext) => Promise<{url: string}>, string | false][]}
 */
export const BROKERS = [
  ['the embedded broker', startBroker, false],
  [
    'mosquitto',
    (t) => startMosquitto(t, String(mosquitto)),
    mosquitto ? false : 'mosquitto is not installed: `apt-get install mosquitto` to run this test',
  ],
];

/** How mosquitto lets a thousand quotes stand unacknowledged. */
const OPEN = 'allow_anonymous true\nmax_inflight_messages 1000\n';

/**
 * A real mosquitto.
 * @param {import('node:test').TestContext} t
 * @param {string} path
 * @param {string} [settings]  of its configuration
 */
export async function startMosquitto(t, path, settings = OPEN) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  const user = process.getuid?.() === 0 ? 'user root\n' : ''; // who may read files of mode 0600
  writeFileSync(file, `listener ${port} 127.0.0.1\n${user}${settings}`);
  const child = spawn(path, ['-c', file], { stdio: 'ignore' });
  t.after(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true });
  });
  while (!(await answers(port))) await new Promise((resolve) => setImmediate(resolve));
  return { url: `mqtt://127.0.0.1:${port}` };
}

/** @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

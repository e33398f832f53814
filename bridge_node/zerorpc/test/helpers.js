import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { Dealer, Router } from 'zeromq';

import { Client, Server } from '../index.js';

const SERVER = fileURLToPath(new URL('servers/echo.py', import.meta.url));
const VENV = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
export const PYTHON = process.env.PYTHON ?? (existsSync(VENV) ? VENV : 'python3');

/**
 * In ms. Short, so that the tests of the heartbeat rule take seconds and not half a minute; long enough that a busy
 * machine holds nobody up for two of them.
 */
export const PERIOD = 1000;

/** A guard against hanging, not a limit of speed. */
export const GUARD = { timeout: 120_000 };

/**
 * Starts a real Python zerorpc server; it ends with the test.
 * @param {import('node:test').TestContext} t
 * @param {{heartbeat?: number, address?: string}} [options]  heartbeat in ms
 */
export async function startServer(t, { heartbeat = PERIOD, address } = {}) {
  const args = [SERVER, String(heartbeat / 1000), ...(address ? [address] : [])];
  const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL'); // ends a stopped process too
    await exited;
  };
  t.after(kill);
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line'), exited.then(() => undefined)]);
  if (!line) throw new Error(`${PYTHON} ${args.join(' ')} ended before it was ready`);
  return { address: /** @type {string} */ (line[0]), child, kill };
}

/**
 * Starts a server of cases.json, which ends with the test. The one of Python is that of the command `zerorpc`.
 * @param {import('node:test').TestContext} t
 * @param {'Python' | 'Node.js'} language
 * @returns {Promise<string>}  its address, at which it may not listen yet
 */
export async function startCases(t, language) {
  const folder = mkdtempSync(join(tmpdir(), 'zerorpc-js-')); // a file there is an address that nobody else takes
  const address = `ipc://${folder}/socket`;
  const command =
    language === 'Python'
      ? [PYTHON, '-c', 'from zerorpc.cli import main; main()', '--server', '--bind', address, '--heartbeat', '1']
      : [process.execPath, 'cases.js', address, String(PERIOD)];
  const last = language === 'Python' ? ['cases.Cases'] : [];
  const child = spawn(command[0], [...command.slice(1), ...last], {
    cwd: fileURLToPath(new URL('servers', import.meta.url)),
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true });
  });
  return address;
}

/**
 * A connected client; it is closed with the test.
 * @param {import('node:test').TestContext} t
 * @param {string} address
 * @param {{heartbeat?: number}} [options]
 */
export async function startClient(t, address, { heartbeat = PERIOD } = {}) {
  const client = new Client(address, { heartbeat });
  t.after(() => client.close());
  await client.connect();
  return client;
}

/** Both at once.
 * @param {import('node:test').TestContext} t
 */
export async function startPair(t) {
  const server = await startServer(t);
  return { server, client: await startClient(t, server.address) };
}

/**
 * A peer that says whatever a test wants, at a ROUTER socket of its own.
 * @param {import('node:test').TestContext} t
 */
export async function startPeer(t) {
  const router = new Router({ linger: 5000 });
  await router.bind('tcp://127.0.0.1:0');
  t.after(() => router.close());
  const address = /** @type {string} */ (router.lastEndpoint);

  /** Waits for the next event that is not a heartbeat, or for any. */
  const take = async ({ heartbeats = false } = {}) => {
    for (;;) {
      const [identity, delimiter, payload] = await router.receive();
      const [header, name, args] = /** @type {any} */ (decode(payload));
      if (name === '_zpc_hb' && !heartbeats) continue;
      return { identity, delimiter, header, name, args };
    }
  };
  /**
   * @param {{identity: Buffer}} to
   * @param {Uint8Array} payload
   */
  const sendRaw = (to, payload) => router.send([to.identity, '', payload]);
  /**
   * @param {{identity: Buffer, header: any}} call
   * @param {string} name
   * @param {unknown} args
   * @param {unknown} [responseTo]
   */
  const answer = (call, name, args, responseTo = call.header.message_id) =>
    sendRaw(call, encode([{ message_id: 'answer', v: 3, response_to: responseTo }, name, args]));

  return { address, router, take, sendRaw, answer };
}

/**
 * A server of Node.js in this process; it is closed with the test.
 * @param {import('node:test').TestContext} t
 * @param {object} methods
 * @param {ConstructorParameters<typeof Server>[1]} [options]
 */
export async function startOwnServer(t, methods, options = {}) {
  const server = new Server(methods, { heartbeat: PERIOD, ...options });
  t.after(() => server.close());
  return { server, address: await server.bind('tcp://127.0.0.1:0') };
}

/**
 * A caller that says whatever a test wants, at a DEALER socket of its own.
 * @param {import('node:test').TestContext} t
 * @param {string} address
 */
export function startCaller(t, address) {
  const dealer = new Dealer({ linger: 0 });
  dealer.connect(address);
  t.after(() => dealer.close());
  let count = 0;

  /** @param {Uint8Array} payload */
  const sendRaw = (payload) => dealer.send(['', payload]);
  /**
   * @param {string} name
   * @param {unknown[]} args
   * @param {unknown} [id]
   */
  const call = async (name, args = [], id = `call ${(count += 1)}`) => {
    await sendRaw(encode([{ message_id: id, v: 3 }, name, args]));
    return id;
  };
  /**
   * @param {unknown} id  of the call
   * @param {string} name
   * @param {unknown} args
   */
  const tell = (id, name, args) => sendRaw(encode([{ message_id: 'later', v: 3, response_to: id }, name, args]));
  /** Waits for the next event that is not a heartbeat, or for any. */
  const take = async ({ heartbeats = false } = {}) => {
    for (;;) {
      const [, payload] = await dealer.receive();
      const [header, name, args] = /** @type {any} */ (decode(payload, { useBigInt64: true }));
      if (name !== '_zpc_hb' || heartbeats) return { header, name, args };
    }
  };
  return { dealer, call, tell, take, sendRaw };
}

/** Holds up this whole process. @param {number} ms */
export function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Awaits a condition.
 * @param {() => boolean} condition
 */
export async function eventually(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

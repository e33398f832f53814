import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { Router } from 'zeromq';

import { Client } from '../index.js';

const SERVER = fileURLToPath(new URL('servers/echo.py', import.meta.url));
const VENV = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const PYTHON = process.env.PYTHON ?? (existsSync(VENV) ? VENV : 'python3');

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

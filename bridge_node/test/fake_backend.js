import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { decode, encode } from '@msgpack/msgpack';
import { Router } from 'zeromq';

import { Bridge } from '../src/bridge.js';
import { createRegistry } from '../src/metrics/process.js';
import { brokerAt, Collected, keptLog } from './helpers.js';

/**
 * A ZeroRPC server, which answers one call at a time.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, (...args: any[]) => unknown>} methods  a promise that one returns is awaited
 * @param {string} [address]  one that is free, if absent
 */
export async function startBackend(t, methods, address) {
  const socket = new Router({ linger: 0 });
  const bound = address ?? (await freeAddress());
  await bind(socket, bound);
  const stop = () => socket.close();
  t.after(stop);
  void serve(socket, { _zerorpc_list: () => Object.keys(methods), ...methods });
  return { address: bound, stop };
}

/**
 * The port of a backend that was stopped is free a moment later.
 * @param {Router} socket
 * @param {string} address
 */
async function bind(socket, address) {
  for (;;) {
    try {
      return await socket.bind(address);
    } catch (error) {
      if (/** @type {{code?: unknown}} */ (error).code !== 'EADDRINUSE') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/**
 * Below the ports that a system gives to connections: one of these could have the port for ever while a backend that was
 * stopped is to have it again.
 */
async function freeAddress() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return `tcp://127.0.0.1:${port}`;
  }
}

/**
 * @param {Router} socket
 * @param {Record<string, (...args: any[]) => unknown>} methods
 */
async function serve(socket, methods) {
  for await (const [peer, , payload] of socket) {
    const [header, name, args] = /** @type {any} */ (decode(payload));
    if (header.response_to) continue; // a heartbeat of a call under way
    let answer;
    try {
      if (!Object.hasOwn(methods, name)) throw new Error(`there is no method ${name}`);
      answer = ['OK', [await methods[name](...args)]];
    } catch (error) {
      const { name: type, message, stack } = /** @type {Error} */ (error);
      answer = ['ERR', [type, message, stack]];
    }
    if (socket.closed) return;
    await socket.send([
      peer,
      '',
      encode([{ message_id: randomUUID(), v: 3, response_to: header.message_id }, ...answer]),
    ]);
  }
}

/** The methods of a backend that buys one unit at each quote, takes every kind of input and keeps no journal. */
export class FakeService {
  /** The inputs of each call of `events`. */
  calls = new Collected();
  /** Awaited by each call before it answers. @type {Promise<unknown>} */
  gate = Promise.resolve();
  /** @type {{reason: string, by: string | null, id: string} | null} */
  halted = null;
  /** By key. @type {Map<string, any>} */
  decided = new Map();

  /**
   * @param {string[]} channels  that `initialize` returns
   * @param {string} name  of the algorithm; only with a journal it is reported
   */
  constructor(channels = ['quotes'], name = 'mine') {
    this.channels = channels;
    this.name = name;
  }

  methods() {
    return {
      initialize: () => this.channels,
      event: () => null,
      inputs: () => ['quote', 'data', 'command'],
      events: async (/** @type {any[]} */ inputs) => {
        this.calls.push(inputs);
        await this.gate;
        return inputs.map((input) => this.#decide(input));
      },
    };
  }

  /** The same with a journal. */
  methodsWithJournal() {
    return { ...this.methods(), orders_since: () => [], snapshot: () => this.#snapshot() };
  }

  #snapshot() {
    return { algo: this.name, seq: this.decided.size };
  }

  /** @param {any} input */
  #decide(input) {
    const key = `${input.channel} ${input.id}`;
    const before = this.decided.get(key);
    if (before) return before;
    const entry = input.channel.startsWith('commands/')
      ? this.#carryOut(input)
      : { orders: this.#orders(input), fills: [] };
    this.decided.set(key, entry);
    return entry;
  }

  /** @param {any} input */
  #orders({ sid, quote, id }) {
    const quantity = this.halted ? 0 : 1;
    return quote === undefined ? [] : [JSON.stringify({ id, sid, side: 'buy', quantity })];
  }

  /** @param {any} command */
  #carryOut({ id, command, by = null, reason }) {
    const wasHalted = this.halted !== null;
    if (command === 'halt' || command === 'flatten') this.halted ??= { reason, by, id };
    if (command === 'resume') this.halted = null;
    const outcome = wasHalted === (this.halted !== null) ? 'unchanged' : 'done';
    const halt = this.halted?.reason ?? null;
    const reply = {
      id,
      algo: 'mine',
      command,
      by,
      outcome,
      text: `${command} ${outcome}`,
      halt,
      stop: null,
      waiting: [],
    };
    const orders = command === 'flatten' ? [JSON.stringify({ id, sid: 'GOOG', side: 'sell', quantity: 1 })] : [];
    return { orders, fills: [], reply: JSON.stringify(reply) };
  }
}

/** The methods of a backend that buys one unit at each quote below 400, sells one above, and has only the two. */
export const PLAIN = {
  initialize: () => ['quotes'],
  event: (/** @type {any} */ { sid, quote }) => ({ side: quote < 400 ? 'buy' : 'sell', sid, quantity: 1 }),
};

/**
 * A bridge with one route, called `mine`, that is ready.
 * @param {import('node:test').TestContext} t
 * @param {string} url  of the broker
 * @param {string} address  of the backend
 * @param {{count?: number, channels?: string[], batchOutputs?: boolean}} [options]
 */
export async function startBridge(t, url, address, options = {}) {
  const { bridge, registry, stop, ended, lines } = runBridge(t, url, [
    { address, params: {}, name: 'mine', ...options },
  ]);
  let hasEnded = false;
  const noteEnd = () => {
    hasEnded = true;
  };
  ended.then(noteEnd, noteEnd);
  await until(() => hasEnded || bridge.missing.length === 0);
  if (hasEnded) await ended;
  return { bridge, registry, stop, ended, lines };
}

/**
 * A bridge that runs until the test ends.
 * @param {import('node:test').TestContext} t
 * @param {string} url  of the broker
 * @param {import('../src/route/route_config.js').RouteConfig[]} configs
 * @param {Omit<import('../src/route/route_config.js').RouteConfig, 'address'>} [announced]
 */
export function runBridge(t, url, configs, announced) {
  const { log, lines } = keptLog();
  const registry = createRegistry('bridge', '1.0');
  const bridge = new Bridge(configs, brokerAt(url, log), registry, '1.0', announced);
  const ended = bridge.run();
  const settled = ended.catch(() => {}); // whoever awaits `ended` gets the error
  const stop = () => {
    bridge.stop();
    return settled;
  };
  t.after(stop);
  return { bridge, registry, stop, ended, lines };
}

/** @param {() => unknown} condition  a promise that it returns is awaited */
export async function until(condition) {
  while (!(await condition())) await setTimeout(1); // to look at once again takes a processor to itself
}

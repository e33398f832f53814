/** A dashboard that is served, and pages that are open on it, for tests. */

import { once } from 'node:events';

import mqtt from 'mqtt';
import { WebSocket } from 'ws';

import { Dashboard } from '../src/dashboard.js';
import { serveHttp } from '../src/http/server.js';
import { createRegistry } from '../src/metrics/process.js';
import { brokerAt, freePort, keptLog } from './helpers.js';

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url  of the broker
 * @param {{prefix?: string, httpHost?: string[], httpTokenFile?: string, httpViewerTokenFile?: string}} [options]
 */
export async function served(t, url, { prefix = '', ...options } = {}) {
  const { log, lines } = keptLog();
  const broker = brokerAt(url, log, prefix);
  const dashboard = new Dashboard(options, broker, { version: '1.0', instance: '0a1b2c3d' });
  const port = await freePort();
  const listen = { host: '127.0.0.1', port };
  const registry = createRegistry('bridge', '1.0');
  const server = await serveHttp(listen, { part: 'bridge:1', reasons: () => [], registry, page: dashboard.page });
  t.after(async () => {
    await dashboard.stop();
    server.closeAllConnections();
    server.close();
  });
  const token = String(dashboard.address(listen).split('token=')[1]);
  return { port, token, lines };
}

/**
 * A page that is open: what it got, and `until`, which awaits what it gets.
 * @param {import('node:test').TestContext} t
 * @param {{port: number, token: string}} server
 * @param {string[]} filters
 */
export async function opened(t, { port, token }, filters) {
  const page = connect(port);
  t.after(() => page.socket.terminate());
  await once(page.socket, 'open');
  page.send({ token });
  await page.until((frame) => frame.hello);
  page.send({ subscribe: filters });
  await page.until((frame) => frame.broker?.connected);
  return page;
}

/** @param {number} port @param {Record<string, string>} [headers] */
export function connect(port, headers = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, {
    headers: { origin: `http://127.0.0.1:${port}`, ...headers },
  });
  /** @type {any[]} */
  const frames = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  socket.on('error', () => {});
  return {
    socket,
    frames,
    send: (/** @type {object} */ frame) => socket.send(JSON.stringify(frame)),
    /** @param {(frame: any) => unknown} wanted @returns {Promise<any>} */
    async until(wanted) {
      for (;;) {
        const found = frames.find(wanted);
        if (found) return found;
        await once(socket, 'message');
      }
    },
    /** @param {(message: any[]) => unknown} wanted @returns {Promise<any[]>} */
    async message(wanted) {
      const frame = await this.until((each) => each.messages?.some(wanted));
      return frame.messages.find(wanted);
    },
  };
}

/** @param {import('node:test').TestContext} t @param {string} url */
export async function client(t, url) {
  const made = await mqtt.connectAsync(url);
  t.after(() => made.end(true));
  return made;
}

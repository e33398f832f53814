import { randomBytes } from 'node:crypto';

import { serveHttp } from '../http/server.js';
import { addBroker } from '../metrics/broker.js';
import { addLogLines, addReady, createRegistry } from '../metrics/process.js';
import { startBroker } from '../mqtt/embedded_broker.js';
import { createLog } from '../support/log.js';
import { logged } from '../support/logged.js';

/**
 * Run a broker for trying things out.
 * @param {{port: number, http?: import('../http/listen.js').Listen, logLevel: string, version: string}} options
 * @returns {Promise<() => void>} ends it
 * @throws {UserError} if it cannot listen on a port
 */
export async function runBroker({ port, http, logLevel, version }) {
  const registry = createRegistry('broker', version);
  const log = createLog(logLevel, 'broker', addLogLines(registry));
  return logged(log, async () => {
    const broker = await startBroker(port, log);
    addBroker(registry, broker);
    addReady(registry, () => true);
    const part = `broker:${randomBytes(4).toString('hex')}`;
    const server = http && (await serveHttp(http, { part, reasons: () => [], registry }));
    return () => {
      broker.stop();
      server?.close();
    };
  });
}

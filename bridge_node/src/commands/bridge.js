import { Bridge } from '../bridge.js';
import { serveHttp } from '../http/server.js';
import { addLogLines, createRegistry } from '../metrics/process.js';
import { BrokerLink } from '../mqtt/broker_link.js';
import { createLog } from '../support/log.js';
import { logged } from '../support/logged.js';

/**
 * Run a bridge until it is told to end.
 * @param {object} given
 * @param {Record<string, any>} given.options  of the command line
 * @param {ReturnType<typeof import('../config.js').readConfig>} given.config
 * @param {string} given.version
 * @param {(stop: () => void) => void} given.onSignal  has a signal end the bridge
 */
export async function runBridge({ options, config, version, onSignal }) {
  const { http, run, logLevel } = options;
  const { access, warnings, prefix, routes, announced } = config;
  const registry = createRegistry('bridge', version);
  const log = createLog(logLevel, 'bridge', addLogLines(registry));
  for (const each of warnings) log.warn(each);
  const broker = new BrokerLink(access, log, prefix);
  const bridge = new Bridge(routes, broker, registry, version, announced);
  onSignal(() => bridge.stop());
  await logged(log, async () => {
    const { part } = bridge;
    const about = { version, instance: part.split(':')[1] };
    const dashboard = http && new (await import('../dashboard.js')).Dashboard(options, broker, about);
    const shown = { part, run, reasons: () => bridge.missing, registry, page: dashboard?.page };
    const server = http && (await serveHttp(http, shown));
    if (dashboard) process.stdout.write(`dashboard: ${dashboard.address(http)}\n`);
    try {
      await bridge.run();
    } finally {
      server?.close();
      await dashboard?.stop();
    }
  });
}

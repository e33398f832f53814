/** A broker over TLS whose certificate expires. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';

import { Aedes } from 'aedes';

import { Authority } from '../src/access/authority.js';
import { Control } from '../src/access/control.js';
import { AccessFolder } from '../src/access/folder.js';
import { init } from '../src/access/init.js';
import { BrokerLink } from '../src/mqtt/broker_link.js';
import { Connection } from '../src/mqtt/connection.js';
import { readBroker } from '../src/mqtt/options.js';
import { keptLog, portOf } from './helpers.js';

const LONG_AGO = 1000 * 86_400_000;

/**
 * A broker with a valid certificate.
 * @param {import('node:test').TestContext} t
 */
async function startOverTls(t) {
  const place = mkdtempSync(join(tmpdir(), 'certificate-'));
  t.after(() => rmSync(place, { recursive: true }));
  const folder = new AccessFolder(join(place, 'access'));
  await init(folder, ['localhost']);
  const authority = await Authority.of(folder);
  const aedes = await Aedes.createBroker({});
  const server = tls.createServer(await authority.signServer(['localhost']), aedes.handle);
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  server.on('secureConnection', (socket) => sockets.add(socket));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    aedes.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { log, lines } = keptLog();
  const given = { mqtt: `mqtts://localhost:${portOf(server)}`, ca: folder.join('broker', 'ca.crt') };
  return {
    url: given.mqtt,
    link: new BrokerLink(readBroker(given), log),
    lines,
    /** End all connections; the next ones see a certificate that has expired. */
    async expire() {
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() - LONG_AGO });
      const expired = await authority.signServer(['localhost']);
      t.mock.timers.reset();
      server.setSecureContext(expired);
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a broker that was lost, and is back with an expired certificate, is told once more', async (t) => {
  const { url, link, lines, expire } = await startOverTls(t);
  const connection = new Connection(link, { clientId: 'x' });
  t.after(() => connection.stop());
  connection.start();
  await once(connection, 'up');
  await expire();
  // the third attempt begins after the line about the second one
  for (let n = 0; n < 3; n++) await once(connection, 'refused');
  assert.deepEqual(
    lines.slice(1).map(({ text }) => text),
    ['lost (it closed the connection)', 'is unavailable (its certificate has expired)'].map(
      (what) => `broker ${url} ${what}; trying again with growing delays`,
    ),
  );
});

test('who administers a broker whose certificate has expired is told what renews it, and does not wait', async (t) => {
  const { url, link, expire } = await startOverTls(t);
  await expire();
  const control = new Control(link);
  t.after(() => control.close());
  await assert.rejects(control.open(2 ** 31 - 1), {
    name: 'UserError',
    message: `the broker at ${url} is unavailable (its certificate has expired): \`bridge-node access rotate broker\` renews it; then start the broker again, or send it SIGHUP`,
  });
});

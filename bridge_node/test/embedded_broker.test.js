import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';

import { startBroker } from '../src/mqtt/embedded_broker.js';
import { keptLog, portOf } from './helpers.js';

test('the embedded broker stops without waiting for clients that send nothing', async (t) => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = portOf(probe);
  probe.close();
  await once(probe, 'close');
  const { log, lines } = keptLog();
  t.mock.timers.enable({ apis: ['setTimeout'] }); // aedes gives them half a minute
  const stop = await startBroker(port, log);
  assert.match(lines[0].text, new RegExp(`^broker listening on mqtt://127.0.0.1:${port};`));
  const mute = connect(port, '127.0.0.1');
  t.after(() => mute.destroy());
  await once(mute, 'connect');
  stop();
  mute.on('error', () => {}); // a reset
  mute.resume();
  await once(mute, 'close');
});

// Reads [{mqtt, ca?, cert?, key?}, …] and prints what the bridge's connection to each of these brokers leads to, as JSON.

import { once } from 'node:events';

import { BrokerLink } from '../../../bridge_node/src/mqtt/broker_link.js';
import { Connection } from '../../../bridge_node/src/mqtt/connection.js';
import { readBroker } from '../../../bridge_node/src/mqtt/options.js';

const given = JSON.parse(process.argv[2]);

async function attempt(options) {
  const events = [];
  let told;
  const reported = new Promise((resolve) => (told = resolve));
  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, (text) => told(events.push(text))]),
  );
  const connection = new Connection(new BrokerLink(readBroker(options), log), { clientId: `attempt-${given.indexOf(options)}` });
  connection.start();
  await Promise.race([reported, once(connection, 'up')]);
  await connection.stop();
  return events[0];
}

process.stdout.write(JSON.stringify(await Promise.all(given.map(attempt))));

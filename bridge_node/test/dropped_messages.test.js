import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { Connection } from '../src/mqtt/connection.js';
import { DroppedMessages } from '../src/mqtt/dropped_messages.js';
import { Seldom } from '../src/support/seldom.js';
import { brokerAt, Collected, keptLog, startBroker } from './helpers.js';

const TOPIC = '$SYS/broker/publish/messages/dropped';

/**
 * @param {import('node:test').TestContext} t
 * @param {Awaited<ReturnType<typeof startBroker>>} broker
 * @param {() => number} [clock]
 */
function startWatching(t, broker, clock = () => performance.now()) {
  const { log, lines } = keptLog();
  const counts = new Collected();
  const dropped = new DroppedMessages(brokerAt(broker.url, log), (count) => counts.push(count), clock);
  t.after(() => dropped.stop());
  dropped.start();
  return { dropped, counts, lines };
}

test('what the broker has dropped is counted, and told with what to do', async (t) => {
  const broker = await startBroker(t);
  const say = (/** @type {number} */ total) =>
    broker.aedes.publish(
      /** @type {any} */ ({ cmd: 'publish', topic: TOPIC, payload: String(total), qos: 0, retain: true }),
      () => {},
    );
  say(4000);
  let now = 0;
  const { dropped, counts, lines } = startWatching(t, broker, () => now);
  await counts.until(1);
  assert.equal(dropped.trouble, '', 'it may have been long ago');
  say(4000);
  say(4007);
  say(3); // it was started again
  await counts.until(3);
  assert.deepEqual(counts.values, [4000, 7, 3]);
  assert.equal(
    dropped.trouble,
    'it has dropped 10 messages of clients whose queues were full, some within the last minute',
  );
  now = 60_001;
  assert.equal(dropped.trouble, '');
  const told = () => lines.filter(({ level }) => level === 'warn');
  assert.equal(told().length, 1, 'at most one line a minute');
  assert.deepEqual(told()[0].fields, { dropped: 4000 });
  assert.match(told()[0].text, /whose queues were full since it was started: .*max_queued_messages of mosquitto\.conf/);
  await dropped.stop();
  assert.deepEqual(told()[1].fields, { dropped: 10 });
  assert.doesNotMatch(told()[1].text, /since it was started/);
});

test('a broker that does not let us read the topic, or ends the connection because of it, is left alone', async (t) => {
  const broker = await startBroker(t);
  let attempts = 0;
  broker.aedes.authorizeSubscribe = (_client, { topic }, callback) => {
    if (topic === TOPIC) attempts += 1;
    callback(new Error('no')); // aedes ends the connection
  };
  const { lines } = startWatching(t, broker);
  while (attempts < 3) await once(broker.aedes, 'clientDisconnect');
  // one that does not give up, with the same delays, shows how long it takes to try again
  const other = new Connection(brokerAt(broker.url), { clientId: 'other' });
  t.after(() => other.stop());
  other.on('up', (client) => client.subscribe('x'));
  other.start();
  for (let n = 0; n < 4; n++) await once(other, 'down');
  assert.equal(attempts, 3);
  assert.deepEqual(lines, []);
});

test('what is due again is said together, at the end of the interval', async (t) => {
  const alive = setInterval(() => {}, 1000); // the one of Seldom keeps no process running
  t.after(() => clearInterval(alive));
  const said = new Collected();
  let count = 0;
  const seldom = new Seldom(() => said.push(count), 20);
  for (count = 1; count < 5; count++) seldom.due();
  await said.until(2);
  assert.deepEqual(said.values, [1, 5]);
  seldom.stop();
  assert.deepEqual(said.values, [1, 5]);
});

// MQTT.js as each of several clients at once. Reads {ca, version, clients: [{name, password, port}], topics, filters} and prints
// {name: {granted: {filter: code}, confirmed: {topic: code}, got: {topic: [payload, …]}}, …}: all of them subscribe, and then all of them publish.

import { readFileSync } from 'node:fs';

import mqtt from '../../../bridge_node/node_modules/mqtt/build/index.js';

const { ca, version, clients, topics, filters } = JSON.parse(process.argv[2]);
const found = Object.fromEntries(clients.map(({ name }) => [name, { granted: {}, confirmed: {}, got: {} }]));

const connections = await Promise.all(
  clients.map(async ({ name, port, password }) => {
    const options = { host: '127.0.0.1', port, protocol: 'mqtts', ca: readFileSync(ca), username: name, password };
    const client = mqtt.connect({ ...options, protocolVersion: version, clientId: name, reconnectPeriod: 0 });
    client.on('message', (topic, payload, { retain }) => {
      if (!retain) (found[name].got[topic] ??= []).push(payload.toString());
    });
    await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject));
    return { name, client };
  }),
);

const eachOne = (all, action) => Promise.all(connections.flatMap((one) => all.map((each) => action(one, each))));

await eachOne(
  filters,
  ({ name, client }, topic) =>
    new Promise((resolve) => {
      client.subscribe(topic, { qos: 1 }, (error, granted, packet) => {
        found[name].granted[topic] = packet?.granted?.[0] ?? error?.code ?? 128;
        resolve();
      });
    }),
);
await eachOne(
  topics,
  ({ name, client }, topic) =>
    new Promise((resolve) => {
      client.publish(topic, `${name} on ${topic}`, { qos: 1 }, (error, packet) => {
        found[name].confirmed[topic] = error?.code ?? packet?.reasonCode ?? 0;
        resolve();
      });
    }),
);
// what comes to a client has come before the answer
await Promise.all(connections.map(({ client }) => client.subscribeAsync('the end', { qos: 1 }).catch(() => {})));
await Promise.all(connections.map(({ client }) => client.endAsync()));
process.stdout.write(JSON.stringify(found));

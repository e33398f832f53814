/**
 * The original article's way: one RPC call per quote, awaited, the order published from Node.js.
 * `node article.mjs PORT ADDRESS`, with article_server.py at that address.
 */
import { Client } from '../../../bridge_node/zerorpc/index.js';
import { mqtt, subscribe } from './rule.mjs';

const [port, address] = process.argv.slice(2);
const backend = new Client(address);
await backend.connect();
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`);
client.handleMessage = async ({ payload }, callback) => {
  const order = await backend.invoke('event', JSON.parse(payload));
  if (order) client.publish('orders/peer', JSON.stringify(order), { qos: 1 });
  callback();
};
subscribe(client);

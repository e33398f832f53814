// Buys when the mean of the last prices rises above that of more of them, and sells when it falls below: no advice.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { Server } from 'zerorpc-js';

const options = { addr: { type: 'string', default: 'tcp://127.0.0.1:4250' }, announce: { type: 'string' } };
const { addr, announce } = parseArgs({ options }).values;
const [name, channels] = ['NodeMeans', ['quotes']];

class Means {
  parameters = { short: 5, long: 20, quantity: 10 };
  prices = new Map(); // of each instrument, the last ones
  held = new Set(); // instruments

  initialize(params) {
    for (const key in this.parameters) this.parameters[key] = Number(params[key] ?? this.parameters[key]);
    publish?.('online');
    return channels;
  }
  event({ sid, quote }) {
    const { short, long, quantity } = this.parameters;
    const prices = [...(this.prices.get(sid) ?? []), quote].slice(-long);
    this.prices.set(sid, prices);
    const isUp = mean(prices.slice(-short)) > mean(prices);
    if (prices.length < long || isUp === this.held.has(sid)) return null;
    this.held[isUp ? 'add' : 'delete'](sid);
    return { side: isUp ? 'buy' : 'sell', sid, quantity };
  }
}

const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const algorithm = new Means();
const address = await new Server(algorithm, { name }).bind(addr);
const publish = announce && announceAt(announce);
console.log(`serving on ${address} ...`);

/** Retains the record of contracts/README.md, "Algorithms", at a broker, and returns what publishes it again. */
function announceAt(broker) {
  const [topic, retained, instance] = [`algos/${name}`, { qos: 1, retain: true }, randomBytes(8).toString('hex')];
  const record = (state) => {
    const fixed = { name, algorithm: name, contract: 4, address, channels, instance };
    return JSON.stringify({ ...fixed, state, parameters: algorithm.parameters, since: new Date().toISOString() });
  };
  const client = mqtt.connect(broker, { will: { topic, payload: record('lost'), ...retained } });
  const send = (state) => client.publishAsync(topic, record(state), retained).catch(() => {});
  client.on('error', (error) => console.error(`${broker}: ${error.message}`));
  client.on('connect', () => client.subscribe(topic, () => send('online')));
  // the last will of an earlier process may come late; an empty record is of a person who has forgotten the algorithm
  const mend = (payload) => payload.includes('"online"') || send('online');
  client.on('message', (_, payload) => (payload.length === 0 ? client.end() : mend(payload)));
  const end = async () => {
    client.removeAllListeners('message');
    if (client.connected) await send('offline').then(() => client.endAsync());
    process.exit();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
  return send;
}

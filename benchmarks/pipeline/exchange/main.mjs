/**
 * The exchange: sends quotes, receives orders, and has one clock, the system's monotonic one.
 *
 * `node main.mjs PORT` reads commands, one JSON map per line, and answers each with one line.
 *
 * - `{"do": "run", "first", "count", "qos", "algorithms", "array"}` publishes quotes, in arrays of
 *   that many, and waits for the last order: `begin`, `published`, and `ends`, by algorithm, in ns.
 * - `{"do": "publish", "topic", "first", "count", "qos"}` only publishes: `begin`, `published`.
 * - `{"do": "expect", "algorithms", "orders"}` only waits for orders: `first` and `ends`.
 * - `{"do": "settle", "algorithms", "orders"}` waits a little and sees that no more orders came.
 * - `{"do": "pace", "first", "count", "rate"}` publishes at a rate, at QoS 1, and waits for the
 *   orders: `latencies`, in ms, from the time at which a quote was to be sent to its order's coming.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { Checker } from './checker.mjs';
import { Feed } from './feed.mjs';
import { pace } from './pacer.mjs';

/** ms in which an order that is one too many would come. */
const SETTLING = 100;
/** ms between two reads of orders where their number counts, and not the time of each. */
const INTERVAL = 1;

const port = Number(process.argv[2]);
const feed = await Feed.connect(port);
const checker = await Checker.connect(port);
checker.interval = INTERVAL;

const commands = {
  async run({ first, count, qos, algorithms = 1, array = 0 }) {
    const chunks = feed.prepare('quotes', first, count, qos, array);
    const orders = checker.expect(algorithms, (first + count) / 2);
    orders.catch(() => {}); // it is awaited below
    const { begin, published } = await publishAll(chunks, qos);
    return { begin, published, ...(await orders) };
  },

  publish({ topic = 'quotes', first, count, qos }) {
    return publishAll(feed.prepare(topic, first, count, qos), qos);
  },

  expect({ algorithms = 1, orders }) {
    return checker.expect(algorithms, orders);
  },

  async settle({ algorithms = 1, orders }) {
    await sleep(SETTLING);
    return checker.expect(algorithms, orders);
  },

  async pace({ first, count, rate }) {
    /** @type {number[]} */
    const latencies = [];
    let start = 0n;
    checker.interval = 0;
    checker.onOrder = (quote, now) => latencies.push(Number(now - start) / 1e6 - ((quote - first) / rate) * 1e3);
    const orders = checker.expect(1, (first + count) / 2);
    await Promise.all([
      orders,
      pace({ port, first, count, rate }, (time) => {
        start = time;
      }),
    ]);
    checker.onOrder = () => {};
    checker.interval = INTERVAL;
    return { latencies };
  },
};

/**
 * @param {{bytes: Buffer, packets: number}[]} chunks
 * @param {number} qos
 */
async function publishAll(chunks, qos) {
  const begin = Number(process.hrtime.bigint());
  await feed.publish(chunks, qos);
  return { begin, published: Number(process.hrtime.bigint()) };
}

console.log(JSON.stringify({}));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = await commands[/** @type {keyof commands} */ (command.do)](command);
  } catch (error) {
    answer = { error: /** @type {Error} */ (error).message };
  }
  console.log(JSON.stringify(answer));
}
process.exit();

/**
 * Publishes quotes at a rate, in a thread of its own, each at its own time whatever became of those
 * before it (an open loop): a pipeline that falls behind is not given time to catch up.
 *
 * The thread sleeps in the kernel until the next quote is due, which is true to about 0.1 ms and
 * leaves the processor to those who are measured. When it wakes late, all that are due go at once.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { quote } from './feed.mjs';
import { PUBACK, publish, read, Wire } from './wire.mjs';

/** ns from the announcement of the start to the first quote. */
const LEAD = 20_000_000n;

/**
 * @param {object} options
 * @param {number} options.port
 * @param {number} options.first  number of the first quote
 * @param {number} options.count
 * @param {number} options.rate  quotes per second
 * @param {(start: bigint) => void} started  told when the first quote is to be sent
 * @returns {Promise<void>} when the broker has confirmed all
 */
export function pace(options, started) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: options });
    worker.on('message', started);
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

async function main() {
  const { port, first, count, rate } = workerData;
  const wire = await Wire.connect(port, 'bench-pacer');
  const { socket } = wire;
  let confirmed = 0;
  let wake = () => {};
  const confirm = (/** @type {number} */ type) => {
    if (type === PUBACK) confirmed += 1;
  };
  read(wire, confirm, () => wake());
  const packets = Array.from({ length: count }, (_, n) => publish('quotes', quote(first + n), (n % 65_535) + 1));
  const start = process.hrtime.bigint() + LEAD;
  parentPort?.postMessage(start);
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  for (let n = 0; n < count; ) {
    const left = Number(process.hrtime.bigint() - start) - (n / rate) * 1e9;
    if (left < 0) {
      Atomics.wait(asleep, 0, 0, -left / 1e6);
    } else {
      socket.write(packets[n++]); // which is tried at once
      await turn(); // reads confirmations
    }
  }
  while (confirmed < count) {
    await new Promise((resolve) => {
      wake = () => resolve(undefined);
    });
  }
  socket.end();
}

if (!isMainThread && workerData?.rate) await main();

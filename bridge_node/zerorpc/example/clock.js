// A server with a method, a stream and an error: `node example/clock.js tcp://127.0.0.1:4242`. In another terminal:
//
//   node example/call.js tcp://127.0.0.1:4242 timeIn '"Asia/Tokyo"'
//   zerorpc tcp://127.0.0.1:4242 ticks             (the command of Python's zerorpc)
import { setTimeout as sleep } from 'node:timers/promises';

import { Server } from '../index.js';

class Clock {
  timeIn(zone = 'UTC') {
    return new Date().toLocaleTimeString('en-GB', { timeZone: zone }); // a RangeError for a zone that is none
  }

  /** What a generator yields is a stream; `finally` runs when the caller has gone. */
  async *ticks(seconds = 1) {
    for (let count = 0; ; count += 1) {
      yield { count, time: this.timeIn() };
      await sleep(seconds * 1000);
    }
  }
}
Object.assign(Clock.prototype.timeIn, { doc: 'The time in a zone, such as "Asia/Tokyo".' });

const server = new Server(new Clock());
console.log(`listening at ${await server.bind(process.argv[2] ?? 'tcp://127.0.0.1:0')}`);

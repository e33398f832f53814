import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import { Connection } from '../src/mqtt/connection.js';
import { Publisher } from '../src/mqtt/publisher.js';
import { Subscriber } from '../src/mqtt/subscriber.js';
import { over, overTcp, PacketStream } from '../src/mqtt/packet_stream.js';
import { MemoryBudget } from '../src/support/memory_budget.js';
import { brokerAt, BROKERS, Collected, keptLog, portOf } from './helpers.js';

// What a broker says, in bytes (MQTT 5, sections 3.2, 3.3, 3.4 and 3.9).
const CONNACK_RESUMED = Buffer.from([0x20, 3, 1, 0, 0]);
const SUBSCRIBE = 8;
const PUBLISH = 3;

/**
 * A broker that answers each packet as the test says.
 * @param {import('node:test').TestContext} t
 * @param {(type: number, packet: Buffer, socket: import('node:net').Socket) => void} answer  packets
 *   are shorter than 128 bytes
 */
async function startScript(t, answer) {
  const server = createServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 2 && rest.length >= 2 + rest[1]) {
        const packet = rest.subarray(0, 2 + rest[1]);
        rest = rest.subarray(packet.length);
        answer(packet[0] >> 4, packet, socket);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `mqtt://127.0.0.1:${portOf(server)}`;
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
function subscribe(t, url) {
  const seen = new Collected();
  const { log, lines } = keptLog();
  const subscriber = new Subscriber(
    brokerAt(url, log),
    'bridge',
    {
      receive: ({ topic, payload, packetId }) => seen.push(`${topic} ${payload} ${packetId}`),
      resumed: () => seen.push('resumed'),
      taken: () => {},
    },
    new MemoryBudget().share(),
  );
  subscriber.start(['quotes']);
  t.after(() => subscriber.stop());
  return { seen, lines };
}

/** @param {Buffer} request  a SUBSCRIBE */
function suback(request) {
  return Buffer.from([0x90, 4, request[2], request[3], 0, 1]);
}

for (const [name, size] of /** @type {const} */ ([
  ['in one piece', 1000],
  ['byte by byte', 1],
])) {
  test(`a quote behind the CONNACK of a resumed session, ${name}, comes after "resumed"`, async (t) => {
    const url = await startScript(t, async (type, packet, socket) => {
      if (type !== 1) return; // the subscription is never confirmed: it would fall between two bytes
      const bytes = Buffer.concat([CONNACK_RESUMED, quote(7), quote(8)]);
      socket.setNoDelay(true);
      for (let at = 0; at < bytes.length; at += size) {
        socket.write(bytes.subarray(at, at + size));
        await new Promise((resolve) => setImmediate(resolve)); // each leaves by itself
      }
    });
    const { seen } = subscribe(t, url);
    assert.deepEqual(await seen.until(3), ['resumed', 'quotes 7 7', 'quotes 8 8']);
  });
}

test('packets of several TLS records that come together are handled together', async () => {
  const socket = new PassThrough();
  const stream = new PacketStream(over(socket));
  /** @type {string[]} */
  const seen = [];
  const handler = {
    handle(/** @type {Buffer} */ bytes) {
      return seen.push(`packet ${bytes.length}`) > 0;
    },
    readDone: () => seen.push('done'),
  };
  socket.write(CONNACK_RESUMED);
  await once(stream, 'readable');
  stream.begin(handler);
  for (let n = 0; n < 3; n++) socket.write(quote(n));
  await new Promise((resolve) => setImmediate(resolve));
  const size = 3 * quote(0).length;
  assert.deepEqual(seen, [`packet ${size}`, `packet ${size}`, `packet ${size}`, 'done']);
  socket.write(quote(9));
  socket.end();
  stream.resume();
  await once(stream, 'close');
  assert.deepEqual(seen.slice(4), [`packet ${quote(9).length}`, 'done']);
});

test('what another connection reads between the halves of a packet does not change it', async (t) => {
  /** @type {import('node:net').Socket[]} */
  const brokers = [];
  const server = createServer((socket) => brokers.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const seen = new Collected();
  for (const n of [1, 2]) {
    const stream = new PacketStream(overTcp({ host: '127.0.0.1', port: portOf(server) }));
    t.after(() => stream.destroy());
    await once(server, 'connection');
    brokers[n - 1].write(CONNACK_RESUMED);
    await once(stream, 'readable');
    const handle = (/** @type {Buffer} */ bytes) => {
      seen.push(`${n}: ${bytes.toString('hex')}`);
      return true;
    };
    stream.begin({ handle });
  }
  const half = quote(3).length - 1;
  brokers[0].write(Buffer.concat([quote(2), quote(3).subarray(0, half)]));
  await seen.until(1);
  brokers[1].write(Buffer.concat([quote(4), quote(4)]));
  await seen.until(3);
  brokers[0].write(quote(3).subarray(half));
  assert.equal((await seen.until(4))[3], `1: ${quote(3).toString('hex')}`);
});

/** @type {[string, number[], RegExp][]} */
const NO_PACKETS = [
  ['a length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f], /a packet whose length is not valid/],
  ['a PUBLISH without a topic', [0x30, 0], /properties whose length is not valid/],
  ['a topic longer than its packet', [0x30, 3, 0, 9, 0x61], /properties whose length is not valid/],
  ['properties longer than their packet', [0x30, 4, 0, 1, 0x61, 0x7f], /a PUBLISH whose fields exceed its length/],
  ['a quote at QoS 2', [0x34, 6, 0, 1, 0x61, 0, 1, 0], /a PUBLISH at QoS 2/],
];

for (const [what, bytes, sentence] of NO_PACKETS) {
  test(`${what} ends the connection with a sentence, and the next one works`, async (t) => {
    let connections = 0;
    const url = await startScript(t, (type, packet, socket) => {
      if (type === SUBSCRIBE) socket.write(suback(packet));
      if (type !== 1) return;
      socket.write(Buffer.concat([CONNACK_RESUMED, ++connections === 1 ? Buffer.from(bytes) : quote(9)]));
    });
    const { seen, lines } = subscribe(t, url);
    assert.deepEqual(await seen.until(3), ['resumed', 'resumed', 'quotes 9 9']);
    assert.match(lines.find(({ text }) => text.includes('lost'))?.text ?? '', sentence);
  });
}

test('a broker that does not answer pings is lost only when it sends nothing', async (t) => {
  const pings = new Collected();
  /** @type {NodeJS.Timeout | undefined} */
  let sending;
  const url = await startScript(t, (type, _, socket) => {
    if (type === 1) socket.write(CONNACK_RESUMED);
    if (type === 1) sending = setInterval(() => socket.write(quote(1)), 100);
    if (type === 12) pings.push('ping');
  });
  const connection = new Connection(brokerAt(url), { clientId: 'x', keepalive: 1 }, () => ({ handle: () => true }));
  t.after(() => connection.stop());
  const downs = new Collected();
  connection.on('down', () => downs.push('down'));
  connection.start();
  await pings.until(4);
  assert.deepEqual(downs.values, []);
  clearInterval(sending);
  await downs.until(1);
});

test('a refused order is logged, and published in its place on the next connection', async (t) => {
  let connections = 0;
  const published = new Collected();
  const url = await startScript(t, (type, packet, socket) => {
    if (type === 1) {
      connections += 1;
      socket.write(CONNACK_RESUMED);
    }
    if (type !== PUBLISH) return;
    const idAt = 4 + packet[3];
    const payload = packet.subarray(idAt + 3).toString();
    const isRefused = connections === 1 && payload === 'b';
    published.push(isRefused ? `${payload} refused` : payload);
    socket.write(Buffer.from([0x40, 3, packet[idAt], packet[idAt + 1], isRefused ? 135 : 0]));
  });
  const { log, lines } = keptLog();
  const publisher = new Publisher(brokerAt(url, log));
  t.after(() => publisher.stop());
  publisher.start();
  await publisher.publish(['a', 'b', 'c'].map((payload) => ({ topic: 'orders/x', payload })));
  assert.deepEqual(published.values, ['a', 'b refused', 'c', 'b']);
  const errors = lines.filter(({ level }) => level === 'error').map(({ text }) => text);
  assert.deepEqual(errors, ['the broker refuses orders/x: Not authorized']);
});

for (const [name, start, skip] of BROKERS) {
  test(`payloads of every length of packet pass through ${name} byte for byte`, { skip }, async (t) => {
    const { url } = await start(t);
    const payloads = [0, 1, 100, 110, 111, 112, 120, 127, 128, 16_300, 16_383, 16_384, 1024 * 1024].map((length) =>
      Buffer.alloc(length, `größe ${length} `),
    );
    for (let n = 0; n < 3000; n++) payloads.push(Buffer.from(String(n)));
    const { log } = keptLog();
    const received = new Collected();
    const subscriber = new Subscriber(
      brokerAt(url, log),
      'bridge',
      {
        receive: (message) => {
          received.push(message.payload);
          message.acknowledge();
        },
        resumed: () => {},
        taken: () => {},
      },
      new MemoryBudget().share(),
    );
    subscriber.start(['orders/größe']);
    t.after(() => subscriber.stop());
    while (!subscriber.ready) await new Promise((resolve) => setImmediate(resolve));
    const publisher = new Publisher(brokerAt(url, log));
    t.after(() => publisher.stop());
    publisher.start();
    await publisher.publish(payloads.map((payload) => ({ topic: 'orders/größe', payload })));
    const all = await received.until(payloads.length);
    assert.deepEqual(all.map(String), payloads.map(String));
  });
}

/**
 * A PUBLISH at QoS 1 with a property, the payload format.
 * @param {number} n  payload and packet id
 */
function quote(n) {
  const body = Buffer.concat([
    Buffer.from([0, 6]),
    Buffer.from('quotes'),
    Buffer.from([0, n, 2, 0x01, 0x01]),
    Buffer.from(String(n)),
  ]);
  return Buffer.concat([Buffer.from([0x32, body.length]), body]);
}

/** Inputs that are drawn: each is read, or refused by an error that is ours. `make fuzz` draws many more. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';

import { readDecisions } from '../src/backend/decisions.js';
import { decisionOf } from '../src/backend/returned.js';
import { readListen } from '../src/http/listen.js';
import { parseAddress } from '../src/mqtt/address.js';
import { PacketStream } from '../src/mqtt/packet_stream.js';
import { PacketError, PUBACK, PUBLISH, readPuback, readPublish, writePublish } from '../src/mqtt/packets.js';
import { Page } from '../src/relay/page.js';
import { OrderError, PublicationError, UserError } from '../src/support/errors.js';
import {
  decodeEvent,
  EXACT,
  NEAREST,
  RAW,
  readHeader,
  readResponseTo,
  UnreadableEvent,
} from '../zerorpc/wire/envelope.js';

const seconds = Number(process.env.FUZZ_SECONDS ?? 0);
/** ms for each property; without them as many inputs as CI has time for. */
const limit = (seconds * 1000) / 8;
fc.configureGlobal(
  seconds > 0
    ? { numRuns: Infinity, interruptAfterTimeLimit: limit, markInterruptAsFailure: false }
    : { numRuns: 300, seed: 7 },
);

const bytes = (/** @type {number} */ max) => fc.uint8Array({ maxLength: max }).map((some) => Buffer.from(some));

/** What a damaged connection, or a program that is no broker, makes of bytes. @param {fc.Arbitrary<Buffer>} whole */
const damaged = (whole) =>
  fc.tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(2), bytes(3)), { maxLength: 2 })).map(([start, edits]) =>
    edits.reduce((all, [place, gone, some]) => {
      const at = place % (all.length + 1);
      return Buffer.concat([all.subarray(0, at), some, all.subarray(at + gone)]);
    }, start),
  );

const publish = fc
  .record({ topic: fc.string({ maxLength: 8 }), payload: bytes(300), retain: fc.boolean(), id: fc.nat(65535) })
  .map(({ topic, payload, retain, id }) => {
    const packet = Buffer.alloc(payload.length + 64);
    const end = writePublish(packet, 0, { topic: Buffer.from(topic), payload, retain }, id, true);
    return packet.subarray(0, end);
  });
const marked = Buffer.from([
  0x32,
  35,
  0,
  1,
  0x61,
  0,
  1,
  27,
  0x26,
  0,
  9,
  ...Buffer.from('published'),
  0,
  13,
  ...Buffer.from('1795860000120'),
  0x7b,
]);
const packet = fc.oneof(
  publish,
  fc.constant(marked),
  fc
    .constantFrom(
      [0x40, 2, 0, 1],
      [0x40, 3, 0, 1, 0x80],
      [0x40, 0],
      [0x30, 0],
      [0x32, 0xff, 0xff, 0xff, 0xff],
      [0xd0, 0],
    )
    .map(Buffer.from),
);

/**
 * What the reader makes of a connection, in these pieces.
 * @param {Buffer[]} pieces
 */
function packetsOf(pieces) {
  /** @type {(some: Buffer) => void} */
  let receive = () => {};
  const stream = new PacketStream((to) => {
    receive = to;
    return new PassThrough();
  });
  /** @type {unknown[]} */
  const seen = [];
  stream.on('error', () => {});
  stream.begin({
    handle: (all, first, frame) => {
      if (first >> 4 === PUBLISH) {
        const found = readPublish(all, first, frame, true);
        seen.push({ ...found, payload: found.payload.toString('hex') });
      } else if (first >> 4 === PUBACK) seen.push(readPuback(all, frame));
      else seen.push([first, all.subarray(frame.start, frame.end).toString('hex')]);
      return true;
    },
  });
  for (const piece of pieces) if (!stream.destroyed) receive(piece);
  const fault = stream.errored;
  if (fault) assert.ok(fault instanceof PacketError, String(fault?.stack));
  stream.destroy();
  // which of several faults is found first depends on what has come
  return { seen, isFaulty: fault !== null };
}

test('a broker may send anything, in any pieces: the same packets are read, or one fault is found', () => {
  fc.assert(
    fc.property(
      damaged(fc.array(packet, { maxLength: 5 }).map((all) => Buffer.concat(all))),
      fc.array(fc.nat()),
      (all, cuts) => {
        const places = [0, ...cuts.map((cut) => cut % (all.length + 1)), all.length].sort((a, b) => a - b);
        const pieces = places.slice(1).map((to, n) => all.subarray(places[n], to));
        assert.deepEqual(packetsOf(pieces), packetsOf([all]));
      },
    ),
  );
});

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.string({ maxLength: 8 }),
    bytes(6),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.constantFrom(
          'side',
          'sid',
          'quantity',
          'orders',
          'fills',
          'data',
          'error',
          'name',
          'text',
          'message',
          'reply',
        ),
      ),
      tie('any'),
      { maxKeys: 5 },
    ),
  ),
})).any;
const claims = fc
  .array(
    fc.constantFrom(
      [0x93],
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0x91],
      [0x81],
      [0xc0],
      [0xd6, 0xff, 0, 0, 0, 0],
      [0xc7, 0, 5],
    ),
    { maxLength: 20 },
  )
  .map((some) => Buffer.from(some.flat()));
const event = fc
  .tuple(
    fc.oneof(fc.constant({ message_id: 'm', v: 3 }), value),
    fc.oneof(fc.constantFrom('event', '_zpc_hb'), value),
    value,
  )
  .map((parts) => Buffer.from(encode(parts)));

test('an event is read, or it is unreadable', () => {
  fc.assert(
    fc.property(damaged(fc.oneof(event, claims)), (payload) => {
      readHeader(payload);
      readResponseTo(payload);
      for (const decoder of [EXACT, NEAREST, RAW]) {
        try {
          assert.equal(typeof decodeEvent(payload, decoder).name, 'string');
        } catch (error) {
          assert.ok(error instanceof UnreadableEvent, String(/** @type {Error} */ (error).stack));
        }
      }
    }),
  );
});

/** @param {unknown} found @param {unknown} [name] */
const asRaw = (found, name) => decodeEvent(Buffer.from(encode([{}, 'OK', found])), name === 'raw' ? RAW : NEAREST).args;
const quote = { sid: 'GOOG', quote: 345, id: '1', channel: 'quotes' };

test('what a backend returns becomes decisions, or a sentence says why not', () => {
  fc.assert(
    fc.property(value, (returned) => {
      try {
        readDecisions(asRaw(returned, 'raw'), 1);
      } catch (error) {
        assert.ok(error instanceof UserError, String(/** @type {Error} */ (error).stack));
      }
      try {
        const { orders, data = [] } = decisionOf(asRaw(returned), quote, 'random');
        for (const text of [...orders, ...data.map((each) => each.text)]) JSON.parse(String(text));
      } catch (error) {
        const isOurs = error instanceof OrderError || error instanceof PublicationError;
        assert.ok(isOurs, String(/** @type {Error} */ (error).stack));
      }
    }),
  );
});

const json = fc.oneof(fc.json(), fc.string(), fc.constantFrom('null', '[]', '{"publish":null}', '{"subscribe":[1]}'));
const topic = fc.oneof(
  fc.constantFrom('quotes/#', 'commands/random', 'queries/a b', '$SYS/#', 'commands/\0', 'a+', ''),
  fc.string(),
);
const frame = fc.oneof(
  json,
  fc.record({ token: fc.constantFrom('viewer', 'operator', 'wrong', 7) }).map((each) => JSON.stringify(each)),
  fc.record({ subscribe: fc.oneof(fc.array(topic), fc.jsonValue()) }).map((each) => JSON.stringify(each)),
  fc
    .record({ publish: fc.record({ topic, payload: fc.oneof(fc.string(), fc.jsonValue()) }) })
    .map((each) => JSON.stringify(each)),
);

/** As `ws` has it, as far as a page uses it. */
class Socket extends EventEmitter {
  /** @type {string[]} */
  sent = [];
  bufferedAmount = 0;
  send(/** @type {string} */ text) {
    this.sent.push(text);
  }
  close(/** @type {number} */ _code, /** @type {string} */ reason) {
    assert.ok(Buffer.byteLength(reason) <= 123); // RFC 6455, 5.5
  }
  terminate() {}
}

test('a page may send any frames: it publishes only where it may, and only what a broker takes', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.constantFrom('', 'viewer', 'operator'), (frames, role) => {
      const socket = new Socket();
      /** @type {string[]} */
      const published = [];
      const page = new Page(/** @type {any} */ (socket), 'abc', {
        admit: (token) => (token === 'viewer' || token === 'operator' ? token : undefined),
        greet: () => {},
        isCrowded: () => false,
        subscribe: (filters) => assert.ok(filters.every((filter) => filter.isWellFormed() && !filter.includes('\0'))),
        publish: (to) => published.push(to),
      });
      if (role) socket.emit('message', Buffer.from(JSON.stringify({ token: role })), false);
      for (const each of frames) socket.emit('message', Buffer.from(each), false);
      page.close(1000, ''); // before anything fails, since its timers would keep the process
      for (const to of published) assert.match(to, /^(commands|queries)\/[^/+#\0]+$/);
      for (const text of socket.sent) JSON.parse(text);
    }),
  );
});

test('an address is read or refused, and its password is never shown', () => {
  const secret = 'hunter2secret';
  const part = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom('localhost', '[::1]', '1883', ':', '@', '/', '?', '#', '%'),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('mqtt', 'mqtts', 'ws', 'wss', 'http', ''),
      fc.array(part),
      fc.array(part),
      (scheme, before, behind) => {
        const text = `${scheme}://${before.join('')}u:${secret}@${behind.join('')}`;
        try {
          const { shown, password } = parseAddress(text);
          assert.ok(password?.includes(secret) || shown !== '', text);
          assert.ok(!shown.includes(secret), shown);
        } catch (error) {
          assert.ok(error instanceof UserError, String(/** @type {Error} */ (error).stack));
          assert.ok(!error.message.includes(secret), error.message);
        }
      },
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('9100', '[::1]:1', '0.0.0.0:99999', `${'9'.repeat(400)}`)),
      (text) => {
        const found = readListen(text);
        if (found) assert.ok(found.port >= 1 && found.port <= 65535 && found.host !== '');
      },
    ),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '@msgpack/msgpack';

import { decodeEvent, encodeEvent, readResponseTo, UnreadableEvent } from '../wire/envelope.js';
import { EncodeError, pack, Packed } from '../index.js';

test('the first event of a call has an id as bytes, the version 3 and nothing else', () => {
  const [header, name, args] = /** @type {any} */ (decode(encodeEvent('id', 'event', [1, 'two'])));
  assert.deepEqual(header, { message_id: new Uint8Array([0x69, 0x64]), v: 3 });
  assert.equal(name, 'event');
  assert.deepEqual(args, [1, 'two']);
});

test('later events say which call they belong to', () => {
  const [header] = /** @type {any} */ (decode(encodeEvent('b', '_zpc_hb', [0], Buffer.from('a'))));
  assert.deepEqual(header, { message_id: new Uint8Array([0x62]), v: 3, response_to: new Uint8Array([0x61]) });
});

test('what is packed comes as the value that it was, and is a part of the event that was encoded last', () => {
  const values = [{ sid: 'GOOG', list: [0.1, {}, null, 2n ** 60n] }, 'text', [1]];
  const packed = values.map((value) => new Packed(pack(value)));
  for (const method of ['events', 'event']) {
    const event = encodeEvent('id', method, [[packed[0], 7, packed[1]], { inner: packed[2] }]);
    assert.deepEqual(event, encodeEvent('id', method, [[values[0], 7, values[1]], { inner: values[2] }]));
    for (const { bytes } of packed) assert.equal(bytes.buffer, event.buffer);
  }
});

test('a value that cannot be encoded cannot be packed, and what was packed before stays as it is', () => {
  const packed = new Packed(pack([1]));
  assert.throws(() => pack(Symbol('x')), EncodeError);
  assert.throws(() => encodeEvent('id', 'event', [packed, Symbol('x')]), EncodeError);
  encodeEvent('id', 'event', [2]);
  assert.deepEqual(decode(packed.bytes), [1]);
});

test('an id is the same text whether it is echoed as str or as bin', () => {
  for (const id of ['a1', Buffer.from('a1')]) {
    assert.equal(readResponseTo(encode([{ response_to: id }, 'OK', [1]])), 'a1');
  }
});

test('a header without a legible id leaves an event that answers nobody', () => {
  for (const header of [{}, null, 7, [], { response_to: 5 }, { response_to: [1] }, { response_to: {} }]) {
    assert.equal(readResponseTo(encode([header, 'OK', [1]])), undefined);
  }
});

/** @type {[string, Uint8Array][]} */
const UNREADABLE = [
  ['no bytes', new Uint8Array()],
  ['the reserved byte', Buffer.from([0xc1])],
  ['a map', encode({})],
  ['an array of 2', encode([{}, 'OK'])],
  ['a name that is not a string', encode([{}, 1, []])],
  ['bytes after the end', Buffer.concat([encode([{}, 'OK', [1]]), encode(1)])],
  ['a cut event', encode([{}, 'OK', ['abc']]).subarray(0, -1)],
];

for (const [what, payload] of UNREADABLE) {
  test(`${what} is not an event`, () => {
    assert.throws(() => decodeEvent(payload), UnreadableEvent);
  });
}

test('an unreadable value still tells whose answer it is', () => {
  const header = encode({ response_to: 'a1' });
  const payload = Buffer.concat([Buffer.from([0x93]), header, encode('OK'), Buffer.from([0xc1])]);
  assert.throws(() => decodeEvent(payload), UnreadableEvent);
  assert.equal(readResponseTo(payload), 'a1');
});

/** @type {[string, unknown, RegExp][]} */
const UNENCODABLE = [
  ['a function', () => 1, /Function/],
  ['a symbol', Symbol('x'), /Symbol/],
  ['an integer of more than 64 bits', 2n ** 64n, /more than 64 bits/],
  ['a set', new Set([1]), /pass an array/],
  ['a Map whose key is no string', new Map().set(1, 2), /key 1 of a Map/],
  ['half of a surrogate pair', 'GOOG\ud83d', /half of a surrogate pair/],
  ['half of a surrogate pair in a long text', 'x'.repeat(300) + '\ude00', /half of a surrogate pair/],
  ['half of a surrogate pair in a key', { '\ud800': 1 }, /half of a surrogate pair/],
  ['a value that holds itself', circular(), /deep/],
];

for (const [what, value, reason] of UNENCODABLE) {
  test(`${what} is refused with a sentence, and the encoder still works`, () => {
    assert.throws(
      () => encodeEvent('id', 'event', [value]),
      (error) => {
        assert(error instanceof EncodeError);
        assert.match(error.message, /^cannot encode the arguments of "event": /);
        assert.match(error.message, reason);
        return true;
      },
    );
    assert.deepEqual(/** @type {any} */ (decode(encodeEvent('id', 'event', ['😀'])))[2], ['😀']);
  });
}

test('integers of 64 bits, small BigInts and Maps arrive as themselves', () => {
  const value = [
    2n ** 64n - 1n,
    -(2n ** 63n),
    2n ** 53n,
    7n,
    2 ** 53 - 1,
    new Map(Object.entries(/** @type {any} */ ({ b: new Map(), a: 1 }))),
  ];
  const { args } = decodeEvent(encodeEvent('id', 'event', value));
  assert.deepEqual(args, [2n ** 64n - 1n, -(2n ** 63n), 2n ** 53n, 7, 2 ** 53 - 1, { b: {}, a: 1 }]);
  for (const size of [0x10, 0xffff, 0x10000]) {
    const map = new Map(Object.entries(Array.from({ length: size }, (_, i) => i)));
    assert.deepEqual(decodeEvent(encodeEvent('id', 'event', map)).args, Object.fromEntries(map));
  }
});

test('an array that claims more elements than the message has bytes is refused before room is made for it', () => {
  const claims = [0xdd, 0x01, 0xff, 0xff, 0xff];
  const nested = Buffer.from([0x93, 0x80, 0xa1, 0x65, ...Array.from({ length: 100 }, () => claims).flat()]);
  assert.throws(() => decodeEvent(nested), /claims more elements than it has bytes/);
  const honest = encode([{}, 'event', [Array(70_000).fill(0), [[], [1, [2]]]]]);
  assert.equal(decodeEvent(honest).args[0].length, 70_000);
});

test('a message of more elements, or levels, than memory has room for is refused before it is read', () => {
  const head = Buffer.from([0x93, ...encode({}), ...encode('event'), 0xdd, 0, 0x80, 0, 1]);
  assert.throws(() => decodeEvent(Buffer.concat([head, Buffer.alloc(0x80_0001, 0x80)])), /more than 8388608 elements/);
  const nested = (/** @type {number} */ levels) =>
    Buffer.concat([head.subarray(0, -5), Buffer.alloc(levels, 0x91), Buffer.from([7])]);
  assert.deepEqual(decodeEvent(nested(510)).args.flat(Infinity), [7]);
  assert.throws(() => decodeEvent(nested(511)), /more than 511 levels/);
});

test('any text may be the key of a map, and __proto__ has no other meaning', () => {
  const value = JSON.parse('{"__proto__":{"x":1},"a":{"__proto__":2,"b":[]},"constructor":3}');
  const [found] = decodeEvent(encodeEvent('id', 'event', [value])).args;
  assert.equal(JSON.stringify(found), JSON.stringify(value));
  assert.equal(found.x, undefined);
  assert.equal(Object.getPrototypeOf(found), Object.prototype);
});

function circular() {
  /** @type {unknown[]} */
  const list = [];
  list.push(list);
  return list;
}

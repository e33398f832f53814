import { EncodeError } from '../errors.js';
import { createDecoder } from './decoder.js';
import { createEncoder } from './encoder.js';

// An event of ZeroRPC is the MessagePack array [header, name, args]. The first event of a call has
// the header {message_id, v: 3}; every later one, both ways, {message_id, v: 3, response_to: <id of
// the first>}. Header keys and names are msgpack str; ids are bin here, as the protocol's reference
// has it ("opaque bytes string", zerorpc-python events.py, Event).

export const VERSION = 3;
/** Bytes before the header, by the first byte: the spellings of an array of 3. @type {Record<number, number>} */
const HEADER_AT = { 0x93: 1, 0xdc: 3, 0xdd: 5 };

/**
 * An id as a peer has written it: str or bin. It is echoed in the same type.
 * @typedef {string | Uint8Array} Id
 */

/**
 * @typedef {object} Event
 * @property {any} header
 * @property {string} name
 * @property {any} args
 */

/** An event that could not be read. */
export class UnreadableEvent extends Error {}

const encoder = createEncoder();
/** Reads all but what an owner of the library asks for otherwise. */
export const EXACT = createDecoder({ bigint: true });
/** Reads integers that no number holds as the nearest number. */
export const NEAREST = createDecoder({ bigint: false });
/** Leaves texts in the arguments as UTF-8 bytes. */
export const RAW = createDecoder({ bigint: true, rawStrings: true });
/** Both. */
export const RAW_NEAREST = createDecoder({ bigint: false, rawStrings: true });

/**
 * @param {string} id  latin1 text, sent as bytes
 * @param {string} name
 * @param {unknown} args
 * @param {Id} [responseTo]
 * @param {string} [what]  for the error; by default the arguments of the call
 * @param {Record<string, unknown>} [entries]  of the header, beside those of the protocol
 * @returns {Uint8Array}
 * @throws {EncodeError}
 */
export function encodeEvent(id, name, args, responseTo, what, entries) {
  const messageId = Buffer.from(id, 'latin1');
  const header =
    responseTo === undefined
      ? { message_id: messageId, v: VERSION, ...entries }
      : { message_id: messageId, v: VERSION, response_to: responseTo };
  return encode([header, name, args], what ?? `the arguments of "${name}"`);
}

/**
 * Encode a value that will be an argument, or a part of one: as an object it may take many times the memory.
 * @param {unknown} value
 * @returns {Uint8Array} for `new Packed`
 * @throws {EncodeError}
 */
export function pack(value) {
  return encode(value, 'the value');
}

/**
 * @param {unknown} value
 * @param {string} what  for the error
 */
function encode(value, what) {
  try {
    return encoder.encode(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncodeError(
      `cannot encode ${what}: ${reason}; ` +
        'pass null, booleans, numbers, BigInts of 64 bits, well-formed strings, bytes, arrays, plain objects and Maps',
      { cause },
    );
  }
}

/**
 * @param {Uint8Array} payload
 * @param {import('@msgpack/msgpack').Decoder} [decoder]
 * @returns {Event}
 * @throws {UnreadableEvent}
 */
export function decodeEvent(payload, decoder = EXACT) {
  let event;
  try {
    event = decoder.decode(payload);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadableEvent(reason, { cause });
  }
  if (!Array.isArray(event) || event.length !== 3) {
    throw new UnreadableEvent('an event is an array of 3');
  }
  const [header, name, args] = event;
  if (typeof name === 'string') return { header, name, args };
  const isRaw = decoder === RAW || decoder === RAW_NEAREST;
  if (isRaw && name instanceof Uint8Array) return { header, name: Buffer.from(name).toString(), args };
  throw new UnreadableEvent('the name of an event is a string');
}

/**
 * The header of an event. It comes before the arguments, so it can be read even if those have no form in JavaScript.
 * @param {Uint8Array} payload
 * @returns {any}  undefined if it is unreadable, too
 */
export function readHeader(payload) {
  const at = HEADER_AT[payload[0]];
  if (at === undefined) return undefined;
  try {
    for (const header of NEAREST.decodeMulti(payload.subarray(at))) return header;
  } catch {
    // nothing of it can be read
  }
  return undefined;
}

/**
 * The id of the call that an event belongs to, as text.
 * @param {Uint8Array} payload
 * @returns {string | undefined}
 */
export function readResponseTo(payload) {
  return textOf(readHeader(payload)?.response_to);
}

/**
 * Peers echo an id as str or as bin; both become the same text here.
 * @param {unknown} id
 * @returns {string | undefined}
 */
export function textOf(id) {
  if (typeof id === 'string') return id;
  if (id instanceof Uint8Array) return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
  return undefined;
}

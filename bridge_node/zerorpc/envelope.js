import { Decoder, Encoder } from '@msgpack/msgpack';

import { EncodeError } from './errors.js';

// An event of ZeroRPC is the MessagePack array [header, name, args]. The first event of a call has
// the header {message_id, v: 3}; every later one, both ways, {message_id, v: 3, response_to: <id of
// the first>}. Header keys and names are msgpack str; ids are bin here, as the protocol's reference
// has it ("opaque bytes string", zerorpc-python events.py, Event).

const VERSION = 3;
/** Bytes before the header, by the first byte: the spellings of an array of 3. @type {Record<number, number>} */
const HEADER_AT = { 0x93: 1, 0xdc: 3, 0xdd: 5 };

/**
 * @typedef {object} Event
 * @property {string} name
 * @property {unknown} args
 */

/** An event that could not be read. */
export class UnreadableEvent extends Error {}

const decoder = new Decoder();
const rawDecoder = new Decoder({ rawStrings: true });
const encoder = new Encoder();
refuseLoneSurrogates(encoder);

/**
 * A string with half of a surrogate pair has no UTF-8 form. Python drops the whole event silently, and the
 * caller would see a lost remote at every attempt. The encoder has no hook for strings, hence the private
 * method; a test fails if it is renamed.
 * @param {any} target
 */
function refuseLoneSurrogates(target) {
  const encodeString = target.encodeString;
  target.encodeString = function (/** @type {any} */ text) {
    if (!text.isWellFormed()) {
      throw new TypeError(`the text ${JSON.stringify(text.slice(0, 40))} holds half of a surrogate pair`);
    }
    encodeString.call(this, text);
  };
}

/**
 * @param {string} id  latin1 text, sent as bytes
 * @param {string} name
 * @param {unknown[]} args
 * @param {string} [responseTo]
 * @returns {Uint8Array}
 */
export function encodeEvent(id, name, args, responseTo) {
  const header =
    responseTo === undefined
      ? { message_id: Buffer.from(id, 'latin1'), v: VERSION }
      : {
          message_id: Buffer.from(id, 'latin1'),
          v: VERSION,
          response_to: Buffer.from(responseTo, 'latin1'),
        };
  try {
    return encoder.encode([header, name, args]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncodeError(
      `cannot encode the arguments of "${name}": ${reason}; ` +
        'pass null, booleans, numbers, well-formed strings, bytes, arrays and plain objects',
      { cause },
    );
  }
}

/**
 * @param {Uint8Array} payload
 * @param {boolean} [isRaw]  leave the texts in the arguments as UTF-8 bytes
 * @returns {Event}
 * @throws {UnreadableEvent}
 */
export function decodeEvent(payload, isRaw = false) {
  let event;
  try {
    event = (isRaw ? rawDecoder : decoder).decode(payload);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadableEvent(reason, { cause });
  }
  if (!Array.isArray(event) || event.length !== 3) {
    throw new UnreadableEvent('an event is an array of 3');
  }
  const [, name, args] = event;
  if (name instanceof Uint8Array && isRaw) return { name: Buffer.from(name).toString(), args };
  if (typeof name !== 'string') throw new UnreadableEvent('the name of an event is a string');
  return { name, args };
}

/**
 * The id of the call that an event belongs to, as text. The header comes before the arguments, so it can be
 * read even if the value has no form in JavaScript, and only that call fails.
 * @param {Uint8Array} payload
 * @returns {string | undefined}
 */
export function readResponseTo(payload) {
  const at = HEADER_AT[payload[0]];
  if (at === undefined) return undefined;
  try {
    for (const header of decoder.decodeMulti(payload.subarray(at))) return readId(header);
  } catch {
    // the header is unreadable, too
  }
  return undefined;
}

/**
 * Peers echo an id as str or as bin; both become the same text here.
 * @param {any} header
 */
function readId(header) {
  const id = header?.response_to;
  if (typeof id === 'string') return id;
  if (id instanceof Uint8Array) return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
  return undefined;
}

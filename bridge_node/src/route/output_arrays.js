import { LIMITS } from '../messages/limits.js';

/**
 * @typedef {import('../mqtt/publisher.js').Publication} Publication
 */

const OPEN = '['.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const CLOSE = ']'.charCodeAt(0);

/**
 * Join the orders, and the fills, that are due together into JSON arrays: as few as the bounds of the contract
 * and of the broker allow.
 *
 * Within a topic the order stays as it is. All orders come before the fills, so that no fill comes before its
 * order. A reply still comes after what was published before it.
 * @param {Publication[]} publications  one order or one fill each, or something else
 * @param {{orders: string, fills: string, replies: string}} topics
 * @param {{maxPayloadBytes: (topic: string) => number}} broker
 * @returns {Publication[]}
 */
export function joinOutputs(publications, topics, broker) {
  /** @type {Publication[]} */
  const joined = [];
  /** @type {Uint8Array[]} */
  let orders = [];
  /** @type {Uint8Array[]} */
  let fills = [];
  const flush = () => {
    addArrays(joined, topics.orders, orders, broker);
    addArrays(joined, topics.fills, fills, broker);
    orders = [];
    fills = [];
  };
  for (const publication of publications) {
    const { topic, payload } = publication;
    if (topic === topics.orders) orders.push(bytesOf(payload));
    else if (topic === topics.fills) fills.push(bytesOf(payload));
    else {
      if (topic === topics.replies) flush();
      joined.push(publication);
    }
  }
  flush();
  return joined;
}

/**
 * @param {Publication[]} joined
 * @param {string} topic
 * @param {Uint8Array[]} texts
 * @param {{maxPayloadBytes: (topic: string) => number}} broker
 */
function addArrays(joined, topic, texts, broker) {
  const maxBytes = Math.min(LIMITS.bytes, broker.maxPayloadBytes(topic));
  let first = 0;
  let bytes = 1; // the brackets, without the comma that the first text does not have
  for (const [n, { length }] of texts.entries()) {
    if (n > first && (bytes + 1 + length > maxBytes || n - first === LIMITS.outputs)) {
      joined.push({ topic, payload: arrayOf(texts, first, n, bytes) });
      first = n;
      bytes = 1;
    }
    bytes += 1 + length;
  }
  if (first < texts.length) joined.push({ topic, payload: arrayOf(texts, first, texts.length, bytes) });
}

/**
 * @param {Uint8Array[]} texts
 * @param {number} first
 * @param {number} end
 * @param {number} size  in bytes
 */
function arrayOf(texts, first, end, size) {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let n = first; n < end; n++) {
    bytes[at++] = n === first ? OPEN : COMMA;
    bytes.set(texts[n], at);
    at += texts[n].length;
  }
  bytes[at] = CLOSE;
  return bytes;
}

/** @param {string | Uint8Array} payload */
function bytesOf(payload) {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

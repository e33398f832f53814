/** What a message may be; the same limits as in contracts/quote.schema.json. */
export const LIMITS = {
  /** bytes of a message */
  bytes: 1024 * 1024,
  /** quotes in the shorthand, or in an array */
  quotes: 1000,
  /** characters of the topic, which each of a message's quotes carries along */
  channel: 1024,
  /** characters */
  sid: 64,
  /** characters */
  id: 256,
  /** cash per unit */
  price: 1e9,
  /** maps and lists within one another, so that no reader further on runs out of stack */
  depth: 32,
};

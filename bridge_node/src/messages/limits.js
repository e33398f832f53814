/** The bounds of messages and orders, those of contracts/limits.json: a test compares them. */
export const LIMITS = {
  /** bytes of a message */
  bytes: 1024 * 1024,
  /** quotes in the shorthand, or in an array */
  quotes: 1000,
  /** orders, or fills, in an array */
  outputs: 1000,
  /** characters of the topic, which each quote of a message has as its channel */
  channel: 1024,
  /** characters */
  sid: 64,
  /** characters */
  id: 256,
  /** characters of the name of an algorithm */
  name: 128,
  /** characters of the address at which it is announced */
  address: 256,
  /** bytes of the record that announces it */
  record: 64 * 1024,
  /** characters of the name of the person who sends a command */
  by: 256,
  /** characters of a command's reason */
  reason: 1000,
  /** bytes of a question about the past */
  queryBytes: 4096,
  /** characters of the name of the client that asks it */
  client: 64,
  /** questions about one algorithm that are asked at a time */
  queries: 4,
  /** cash per unit */
  price: 1e9,
  /** units of an order */
  quantity: 1e15,
  /** characters of the name of a publication */
  publicationName: 64,
  /** bytes of the fields of a publication as JSON */
  publicationBytes: 1_000_000,
  /** publications of one input */
  publications: 1000,
  /** bytes of the stats of a part */
  statsBytes: 128_000,
  /** reasons in them */
  statsReasons: 100,
  /** levels of nested maps and lists, so that no later reader runs out of stack */
  depth: 32,
  /** values in a message: a number such as 0.1 has 4 bytes in a list and 9 in a call */
  values: 100_000,
};

/** The bounds of the relay, those of contracts/limits.json: a test compares them. */
export const RELAY = {
  /** pages that are open at a time, those of them that are viewers', and those that have not shown a token yet */
  pages: 20,
  viewers: 15,
  waiting: 20,
  /** seconds in which a token has to come */
  tokenSeconds: 5,
  /** bytes of a frame of a page: a command, or a question */
  frameBytes: 64 * 1024,
  /** frames of a page in a second, pings included */
  frames: 50,
  /** topic filters of a page */
  filters: 50,
  /** bytes of a payload that a page gets, beyond which it is cut: of a reply, a part's metrics and the like, and of others */
  keptBytes: 1024 * 1024,
  otherBytes: 64 * 1024,
  /** bytes that wait for a page that does not read, and for all pages */
  unread: 16 * 1024 * 1024,
  unreadOfAll: 64 * 1024 * 1024,
};

/** The bounds of requests, those of contracts/limits.json: a test compares them. */
export const HTTP = {
  /** bytes of the request line and the headers */
  head: 16 * 1024,
  /** seconds in which a request has to come */
  seconds: 10,
  /** requests in a second, all together */
  requests: 200,
  /** the same of metrics, which take some milliseconds */
  metrics: 60,
};

/** Those of a bridge, whose page is some fifty files. */
export const DASHBOARD = {
  /** connections at a time, pages and their relays included */
  connections: 200,
  /** seconds in which an answer has to be taken */
  answerSeconds: 30,
  /** requests in a second for files of the page, all together */
  files: 2000,
  /** the same on one connection */
  filesOfOne: 200,
};

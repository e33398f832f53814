import { createServer, STATUS_CODES } from 'node:http';

import { reason, UserError } from '../support/errors.js';
import { DASHBOARD, HTTP } from './bounds.js';
import { foreignness } from './hosts.js';
import { Pace } from './pace.js';

/** ms between two looks at which requests take too long to come. */
const LOOK = 2000;
/** What comes from here is no page, nothing of another page, and not kept. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {{status: number, type?: string, headers?: Record<string, string>, body: string | Buffer | object}} Answer */

/**
 * What is shown; each is called once per request.
 * @typedef {object} Shown
 * @property {string} part  as in `stats/<part>`
 * @property {() => string[]} reasons  why the part is of no use at present, a sentence each; empty if it is
 * @property {{metrics: () => Promise<string> | string, contentType: string}} registry  of metrics
 * @property {string} [run]  that the part belongs to
 * @property {Page} [page]  of the bridge alone
 */

/**
 * The dashboard; what it is called with has been checked by nobody.
 * @typedef {object} Page
 * @property {Map<string, import('./assets.js').Asset>} assets  by path
 * @property {import('./admission.js').Admission} admission
 * @property {(request: Request, socket: import('node:stream').Duplex, head: Buffer) => number} upgrade  to a WebSocket,
 *   at `/mqtt`; returns the status with which it is refused, 0 if it is not
 */

/**
 * Answer `GET /metrics`, `/healthz` and `/readyz` (docs/reference/metrics.md), and show the dashboard. To `/readyz?run=ID` only a part of
 * that run answers 200; others answer 409, so that a feed does not publish into the pipeline of another run.
 * @param {import('./listen.js').Listen} listen
 * @param {Shown} shown
 * @param {{seconds: number, answerSeconds: number}} [patience]  in which a request has to come, and its answer to be taken
 * @returns {Promise<import('node:http').Server>}
 * @throws {UserError} if it cannot listen there
 */
export function serveHttp(
  { host, port },
  shown,
  { seconds, answerSeconds } = { seconds: HTTP.seconds, answerSeconds: DASHBOARD.answerSeconds },
) {
  const pace = new Pace();
  const hosts = [host, ...(shown.page?.admission.hosts ?? [])];
  /** @param {Request} request */
  const refusal = (request) =>
    refused(request, hosts, shown.page) ?? pace.refused(request, shown.page?.assets.has(pathOf(request)));
  const server = createServer(
    {
      headersTimeout: seconds * 1000,
      requestTimeout: seconds * 1000,
      connectionsCheckingInterval: Math.min(LOOK, seconds * 500),
      maxHeaderSize: HTTP.head,
    },
    (request, response) => {
      const late = setTimeout(() => request.socket.destroy(), answerSeconds * 1000).unref();
      response.once('close', () => clearTimeout(late));
      /** @param {Answer} answer */
      const send = ({ status, type = 'application/json', headers = {}, body }) => {
        const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : `${JSON.stringify(body)}\n`;
        response.writeHead(status, { ...HEADERS, 'content-type': type, ...headers });
        response.end(request.method === 'HEAD' ? undefined : text);
      };
      const no = refusal(request);
      if (no) send({ ...no, headers: { connection: 'close', ...no.headers } });
      else answer(request, shown).then(send, (error) => send({ status: 500, body: { error: reason(error) } }));
    },
  );
  server.maxConnections = DASHBOARD.connections;
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}); // whoever asked has gone
    const known = shown.page && pathOf(request) === '/mqtt' ? shown.page : undefined;
    const status = refusal(request)?.status ?? known?.upgrade(request, socket, head) ?? 404;
    if (status === 0) return;
    // not kept open until the other side closes it, which nobody watches any more
    socket.once('finish', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      reject(new UserError(`--http ${port}: cannot listen on ${place}: ${reason(error)}`));
    });
    server.listen(port, host, () => resolve(server));
  });
}

/**
 * @param {Request} request
 * @param {string[]} hosts  names of this server
 * @param {Page} [page]
 * @returns {Answer | undefined} why it is not answered, if it is not
 */
function refused(request, hosts, page) {
  const { method, headers, headersDistinct } = request;
  // RFC 9112, 3.2: of more than one, another server than this one may have taken another one
  if ((headersDistinct.host ?? []).length > 1) return { status: 400, body: { error: 'there is more than one Host' } };
  const error = foreignness(request, hosts, page ? '--http-host' : '--http');
  if (error) {
    page?.admission.report('host', request.socket.remoteAddress, error);
    return { status: 403, body: { error } };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return {
      status: 405,
      headers: { allow: 'GET, HEAD' },
      body: { error: `${method} is not offered: there are GET and HEAD` },
    };
  }
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody ? { status: 413, body: { error: 'no request has a body here' } } : undefined;
}

/**
 * @param {Request} request
 * @param {Shown} shown
 * @returns {Promise<Answer>}
 */
async function answer(request, shown) {
  const path = pathOf(request);
  if (path === '/metrics') return metricsOf(shown);
  // one thread does everything: what answers has not stopped
  if (path === '/healthz') return { status: 200, body: { alive: true } };
  if (path === '/readyz') return readiness(runOf(request), shown);
  const asset = shown.page?.assets.get(path);
  if (shown.page && asset) return pageAsset(request, shown.page, asset);
  return { status: 404, body: { error: `there are ${shown.page ? '/, ' : ''}/metrics, /healthz and /readyz` } };
}

/** @param {Request} request */
const pathOf = ({ url }) => String(url).split('?', 1)[0];

/** @param {Request} request */
const runOf = ({ url }) => new URLSearchParams(String(url).split('?', 2)[1]).get('run');

/**
 * The page holds no secret: what it shows comes from the relay, for the token. A page under a name that is not of
 * this server is refused all the same, before anybody trusts it with a token.
 * @param {Request} request
 * @param {Page} page
 * @param {import('./assets.js').Asset} asset
 */
function pageAsset(request, { admission }, { type, body, headers }) {
  const error = admission.refusal(request);
  if (!error) return { status: 200, type, headers, body };
  admission.report('page', request.socket.remoteAddress, error);
  return { status: 403, body: { error } };
}

/** @param {Shown} shown */
async function metricsOf({ registry }) {
  return { status: 200, type: registry.contentType, body: await registry.metrics() };
}

/**
 * @param {string | null} asked  for which run
 * @param {Shown} shown
 */
function readiness(asked, { part, run, reasons }) {
  if (asked !== null && asked !== run) {
    const own = run === undefined ? 'to no run: it was started without --run' : `to the run "${run}"`;
    const other = `this bridge belongs ${own}; "${asked}" was asked for`;
    return { status: 409, body: { ready: false, part, reasons: [other] } };
  }
  const missing = reasons();
  const ready = missing.length === 0;
  return { status: ready ? 200 : 503, body: { ready, part, reasons: missing } };
}

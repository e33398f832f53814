import { createServer } from 'node:http';

import { reason, UserError } from '../support/errors.js';

/** Connections at a time, those of pages and their relays included; one more is closed at once. */
const MAX_CONNECTIONS = 200;
/** ms that a client may take to send its request, and how often that is looked at. */
const PATIENCE = 10_000;
const LOOK = 2000;

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
 * @property {(request: import('node:http').IncomingMessage, socket: import('node:stream').Duplex, head: Buffer) => void} upgrade
 *   to a WebSocket, at `/mqtt`
 */

/**
 * Answer `GET /metrics`, `/healthz` and `/readyz` (docs/reference/metrics.md), and show the dashboard. To `/readyz?run=ID` only a part of
 * that run answers 200; others answer 409, so that a feed does not publish into the pipeline of another run.
 * @param {import('./listen.js').Listen} listen
 * @param {Shown} shown
 * @returns {Promise<import('node:http').Server>}
 * @throws {UserError} if it cannot listen there
 */
export function serveHttp({ host, port }, shown) {
  const patience = { headersTimeout: PATIENCE, requestTimeout: PATIENCE, connectionsCheckingInterval: LOOK };
  const server = createServer(patience, (request, response) => {
    answer(request, shown).then(
      ({ status, type = 'application/json', headers = {}, body }) => {
        const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : `${JSON.stringify(body)}\n`;
        response.writeHead(status, { 'content-type': type, ...headers });
        response.end(request.method === 'HEAD' ? undefined : text);
      },
      (error) => {
        response.writeHead(500, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify({ error: reason(error) })}\n`);
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}); // whoever asked has gone
    if (shown.page && pathOf(request) === '/mqtt') shown.page.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
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
 * @param {import('node:http').IncomingMessage} request
 * @param {Shown} shown
 * @returns {Promise<{status: number, type?: string, headers?: Record<string, string>, body: string | Buffer | object}>}
 */
async function answer(request, shown) {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    const error = `${method} is not offered: there are GET and HEAD`;
    return { status: 405, headers: { allow: 'GET, HEAD' }, body: { error } };
  }
  const path = pathOf(request);
  if (path === '/metrics') return metricsOf(shown);
  // one thread does everything: what answers has not stopped
  if (path === '/healthz') return { status: 200, body: { alive: true } };
  if (path === '/readyz') return readiness(runOf(request), shown);
  const asset = shown.page?.assets.get(path);
  if (shown.page && asset) return pageAsset(request, shown.page, asset);
  return { status: 404, body: { error: `there are ${shown.page ? '/, ' : ''}/metrics, /healthz and /readyz` } };
}

/** @param {import('node:http').IncomingMessage} request */
const pathOf = ({ url }) => String(url).split('?', 1)[0];

/** @param {import('node:http').IncomingMessage} request */
const runOf = ({ url }) => new URLSearchParams(String(url).split('?', 2)[1]).get('run');

/**
 * The page holds no secret: what it shows comes from the relay, for the token. A page under a name that is not of
 * this server is refused all the same, before anybody trusts it with a token.
 * @param {import('node:http').IncomingMessage} request
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

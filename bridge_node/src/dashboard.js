import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { Admission } from './http/admission.js';
import { readAssets } from './http/assets.js';
import { viewerFault } from './messages/query.js';
import { Relay } from './relay/relay.js';
import { reason, UserError } from './support/errors.js';

/** Characters of a token that nobody guesses. */
const MIN_TOKEN = 16;
/** Hosts that stand for all addresses of the machine: a browser on it goes to loopback. */
const ANY = ['0.0.0.0', '::'];

/** The dashboard of a bridge: the page, who may see it, and its relay to the broker. */
export class Dashboard {
  #relay;
  /** For the address, if it was made here: one that a file gives is known to those who may read the file. */
  #token = '';
  /** By which browsers reach it, if not by where it listens. @type {string | undefined} */
  #host;
  /** For the server. @type {import('./http/server.js').Page} */
  page;

  /**
   * @param {{httpHost?: string[], httpTokenFile?: string, httpViewerTokenFile?: string}} options
   * @param {import('./mqtt/broker_link.js').BrokerLink} broker
   * @param {{version: string, instance: string}} about  the bridge
   * @throws {UserError} if the file of a token cannot be used, or a host is none
   */
  constructor({ httpHost = [], httpTokenFile, httpViewerTokenFile }, broker, about) {
    for (const host of httpHost) checkHost(host);
    const given = readToken('--http-token-file', httpTokenFile);
    const viewer = readToken('--http-viewer-token-file', httpViewerTokenFile);
    if (given === undefined) this.#token = randomBytes(16).toString('hex');
    const operator = given ?? this.#token;
    if (viewer === operator) {
      throw new UserError(
        '--http-viewer-token-file has the token of --http-token-file: give another one, or viewers are operators',
      );
    }
    const admission = new Admission(httpHost, broker.log, { operator, viewer });
    this.#host = httpHost[0];
    const relay = new Relay(broker, admission, about, viewerFault);
    this.#relay = relay;
    this.page = {
      assets: readAssets(),
      admission,
      upgrade: (request, socket, head) => relay.upgrade(request, socket, head),
    };
  }

  /**
   * Where a browser opens it: by the first name that was given, else on this machine. The token that was made here is
   * behind a #: it reaches no server, and no log of one.
   * @param {import('./http/listen.js').Listen} listen
   */
  address({ host, port }) {
    const name = ANY.includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
    const own = this.#host ?? `${name}:${port}`;
    return `${/^https?:/.test(own) ? own : `http://${own}`}/${this.#token && `#token=${this.#token}`}`;
  }

  stop() {
    return this.#relay.stop();
  }
}

/** @param {string} host @throws {UserError} if it is none */
function checkHost(host) {
  if (/^(https?:\/\/)?(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(:\d+)?$/i.test(host)) return;
  throw new UserError(
    `--http-host ${host} is no host: write ticks.example, 127.0.0.1:9000, or https://ticks.example for a proxy with TLS`,
  );
}

/**
 * @param {string} option
 * @param {string | undefined} file
 * @returns {string | undefined} undefined if there is no file
 * @throws {UserError}
 */
function readToken(option, file) {
  if (file === undefined) return undefined;
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`${option} ${file} cannot be read: ${reason(error)}`);
  }
  const token = text.split(/\r?\n/, 1)[0];
  if (token.length >= MIN_TOKEN) return token;
  throw new UserError(`${option} ${file}: its first line has to be a token of at least ${MIN_TOKEN} characters`);
}

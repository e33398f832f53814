import { readFileSync } from 'node:fs';

import { Admission } from './http/admission.js';
import { readAssets } from './http/assets.js';
import { Relay } from './relay/relay.js';
import { reason, UserError } from './support/errors.js';

/** Characters of a token that nobody guesses. */
const MIN_TOKEN = 16;
/** Hosts that stand for all addresses of the machine: a browser on it goes to loopback. */
const ANY = ['0.0.0.0', '::'];

/** The dashboard of a bridge: the page, who may see it, and its relay to the broker. */
export class Dashboard {
  #admission;
  #relay;
  /** By which browsers reach it, if not by where it listens. @type {string | undefined} */
  #host;
  /** For the server. @type {import('./http/server.js').Page} */
  page;

  /**
   * @param {{httpHost?: string[], httpTokenFile?: string}} options
   * @param {import('./mqtt/broker_link.js').BrokerLink} broker
   * @param {{version: string, instance: string}} about  the bridge
   * @throws {UserError} if the file of the token cannot be used
   */
  constructor({ httpHost = [], httpTokenFile }, broker, about) {
    const token = httpTokenFile === undefined ? undefined : readToken(httpTokenFile);
    const admission = new Admission(httpHost, broker.log, token);
    this.#host = httpHost[0];
    this.#admission = admission;
    const relay = new Relay(broker, admission, about);
    this.#relay = relay;
    this.page = {
      assets: readAssets(),
      admission,
      hosts: httpHost,
      upgrade: (request, socket, head) => relay.upgrade(request, socket, head),
    };
  }

  /**
   * Where a browser opens it: by the first name that was given, else on this machine. The token is behind a #: it reaches no server, and no log of one.
   * @param {import('./http/listen.js').Listen} listen
   */
  address({ host, port }) {
    const name = ANY.includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
    return `http://${this.#host ?? `${name}:${port}`}/#token=${encodeURIComponent(this.#admission.token)}`;
  }

  stop() {
    return this.#relay.stop();
  }
}

/** @param {string} file */
function readToken(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`--http-token-file ${file} cannot be read: ${reason(error)}`);
  }
  const token = text.split(/\r?\n/, 1)[0];
  if (token.length >= MIN_TOKEN) return token;
  throw new UserError(
    `--http-token-file ${file}: its first line has to be a token of at least ${MIN_TOKEN} characters`,
  );
}

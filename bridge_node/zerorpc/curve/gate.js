import { Context } from 'zeromq';

import { Admission } from './admission.js';
import { Refusals } from './refusals.js';

const FAULTS = new Map([
  ['ERR_ZMTP_MECHANISM_MISMATCH', 'it does not speak CURVE, and needs keys'],
  ['ERR_ZMTP_CRYPTOGRAPHIC', 'it has the public key of another server'],
]);
// A client without keys may find out first, and go before it has said that it has none.
const GONE = 'it ended the handshake; if it is a client of this server, it needs keys';

/** Lets those clients into a server by CURVE whose keys it has, and tells of the others. */
export class Gate {
  #keys;
  #refusals;
  #admission;
  // of its own: a context has one handler of ZAP
  #context = new Context();
  /** @type {Promise<void> | undefined} */
  #started;
  /** Called when a client is admitted no more: all connections have to be ended, as it is not known which is its own. */
  onRemoved = () => {};

  /**
   * @param {import('./keys.js').ServerKeys} keys
   * @param {(sentence: string) => void} onRefused
   */
  constructor(keys, onRefused) {
    this.#keys = keys;
    this.#refusals = new Refusals(onRefused);
    this.#admission = new Admission(this.#context, keys.clients, this.#refusals, () => this.onRemoved());
  }

  /** What the server's socket has to be made with. */
  get options() {
    return {
      context: this.#context,
      curveServer: true,
      curveSecretKey: this.#keys.secretKey,
      // without these two libzmq admits everybody where nobody answers its question
      zapDomain: 'zerorpc',
      zapEnforceDomain: true,
    };
  }

  /** Begin, before the server listens. */
  start() {
    this.#started ??= this.#admission.start();
    return this.#started;
  }

  /**
   * Tell of those that fail before they show a key: ZAP does not hear of them, and libzmq does not say who they are.
   * @param {import('zeromq').Socket} socket  of the server
   */
  async watch(socket) {
    for await (const event of socket.events) {
      if (!event.type.startsWith('handshake:error') || event.type === 'handshake:error:auth') continue;
      const { address, error } = /** @type {any} */ (event);
      this.#refusals.note(`refused a client at ${address}: ${FAULTS.get(error?.code) ?? GONE}`);
    }
  }

  close() {
    this.#admission.close();
  }
}

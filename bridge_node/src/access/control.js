import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { HAS_EXPIRED } from '../mqtt/broker_error.js';
import { Connection } from '../mqtt/connection.js';
import { reason, UserError } from '../support/errors.js';
import { BROKER } from './folder.js';

/** The topic of the plugin's commands; answers come below it. */
export const CONTROL = '$CONTROL/dynamic-security/v1';
const RESPONSE = `${CONTROL}/response`;
/** ms within which the broker has to be reached, and then to answer. */
const MAX_PATIENCE = 10_000;

/**
 * A client as the broker knows it.
 * @typedef {{username: string, clientid?: string, roles: {rolename: string}[]}} KnownClient
 * @typedef {{rolename: string, textdescription?: string}} KnownRole
 */

/** The broker's dynamic security. Its user calls `open` first, and `close` last; all of them throw a UserError. */
export class Control {
  #broker;
  #connection;

  /** @param {import('../mqtt/broker_link.js').BrokerLink} broker */
  constructor(broker) {
    this.#broker = broker;
    const clientId = `tickwire-access-${randomBytes(6).toString('hex')}`;
    this.#connection = new Connection(broker, { clientId, clean: true });
  }

  /** @param {number} [patience]  ms within which the broker has to answer */
  async open(patience = MAX_PATIENCE) {
    if (!(await this.#connection.open(patience, false))) {
      const { shown, fault } = this.#broker;
      const way =
        fault === HAS_EXPIRED
          ? `\`bridge-node access rotate ${BROKER}\` renews it; then start the broker again, or send it SIGHUP`
          : 'it has to run with the access folder; --mqtt names another address';
      throw new UserError(`the broker at ${shown} is unavailable (${fault}): ${way}`);
    }
    const client = this.#client;
    await client.subscribeAsync(RESPONSE, { qos: 1 }).catch((error) => this.#fail(client, error));
  }

  close() {
    return this.#connection.stop();
  }

  /**
   * @returns {Promise<{clients: Map<string, KnownClient>, roles: Map<string, KnownRole>}>} by their names
   */
  async read() {
    const [clients, roles] = await this.ask([
      { command: 'listClients', verbose: true },
      { command: 'listRoles', verbose: true },
    ]);
    return {
      clients: new Map(clients.clients.map((/** @type {KnownClient} */ each) => [each.username, each])),
      roles: new Map(roles.roles.map((/** @type {KnownRole} */ each) => [each.rolename, each])),
    };
  }

  /**
   * Have commands carried out, in order.
   * @param {({command: string} & Record<string, unknown>)[]} commands
   * @param {number} [patience]  ms within which the broker has to answer
   * @returns {Promise<any[]>} the data of each
   */
  async ask(commands, patience = MAX_PATIENCE) {
    const id = randomBytes(8).toString('hex');
    const payload = JSON.stringify({ commands: commands.map((each) => ({ ...each, correlationData: id })) });
    const client = this.#client;
    const answered = this.#answers(client, id, commands.length);
    await client.publishAsync(CONTROL, payload, { qos: 1 }).catch((error) => this.#fail(client, error));
    const answers = await Promise.race([answered, sleep(patience, undefined, { ref: false })]);
    if (!answers) {
      throw new UserError(
        `the broker at ${this.#broker.shown} does not answer on ${CONTROL}: its configuration has to load mosquitto_dynamic_security.so, as mosquitto/secure/mosquitto.conf does`,
      );
    }
    const refused = answers.find(({ error }) => error !== undefined);
    if (refused) {
      throw new UserError(`the broker at ${this.#broker.shown} refuses ${refused.command}: ${refused.error}`);
    }
    return answers.map(({ data }) => data);
  }

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {string} id
   * @param {number} count
   * @returns {Promise<{command: string, error?: string, data?: any}[]>}
   */
  #answers(client, id, count) {
    /** @type {any[]} */
    const answers = [];
    return new Promise((resolve) => {
      client.on('message', (topic, payload) => {
        if (topic !== RESPONSE) return;
        const { responses } = JSON.parse(payload.toString());
        answers.push(...responses.filter((/** @type {any} */ each) => each.correlationData === id));
        if (answers.length >= count) resolve(answers);
      });
    });
  }

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {unknown} error
   * @returns {never}
   */
  #fail(client, error) {
    if (this.#client !== client) throw new UserError(`the broker at ${this.#broker.shown} was lost: ask again`);
    throw new UserError(`the broker at ${this.#broker.shown} does not let us administer it: ${reason(error)}`);
  }

  get #client() {
    const { client } = this.#connection;
    if (!client) throw new UserError(`the broker at ${this.#broker.shown} was lost (${this.#broker.fault}): ask again`);
    return client;
  }
}

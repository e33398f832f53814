import { EXAMPLE, idOf, readCommand, SWAP } from '../messages/command.js';
import { parseMap } from '../messages/map.js';
import { checkTopic } from '../messages/topic.js';
import { MessageError } from '../support/errors.js';
import { LineLimit } from '../support/line_limit.js';
import { errorRecord } from './error_record.js';
import { GivenIds } from './given_ids.js';
import { commandFields } from './log_fields.js';
import { replyText } from './reply.js';

/**
 * What a CommandIntake calls, for a message that is not a valid command: `report`, then `reply`, if its id could
 * be read. The message is acknowledged once `reply` has resolved.
 * @typedef {object} Refusals
 * @property {(record: string) => void} report
 * @property {(reply: string) => Promise<void>} reply  resolves when the broker has confirmed it
 */

/** Reads the command of each message; refuses, reports and acknowledges a message that has none. */
export class CommandIntake {
  #algo;
  #refusals;
  #swap;
  #meter;
  #log;
  #ids = new GivenIds();
  #limit = new LineLimit();

  /**
   * @param {string} algo
   * @param {Refusals} refusals
   * @param {(command: import('../messages/command.js').Command, message: import('../mqtt/message.js').Message) => void} swap
   *   called for each swap
   * @param {import('../metrics/route_meter.js').RouteMeter} meter
   * @param {import('../support/log.js').Log} log
   */
  constructor(algo, refusals, swap, meter, log) {
    this.#algo = algo;
    this.#refusals = refusals;
    this.#swap = swap;
    this.#meter = meter;
    this.#log = log;
  }

  /**
   * @param {import('../mqtt/message.js').Message} message
   * @returns {import('./queue.js').Waiting | undefined} undefined if it was refused, or is a swap
   */
  read(message) {
    const { topic, payload } = message;
    /** @type {Record<string, unknown> | undefined} */
    let map;
    this.#ids.begin(message);
    try {
      checkTopic(topic);
      map = parseMap(payload, EXAMPLE);
      const command = readCommand(topic, map, this.#ids.next);
      this.#log.info(commandFields(command), 'received a command');
      this.#meter.command(command.command);
      if (command.command !== SWAP) return { message, kind: 'command', inputs: [command] };
      this.#swap(command, message);
      return undefined;
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      void this.#refuse(message, map, error);
      return undefined;
    }
  }

  /**
   * @param {import('../mqtt/message.js').Message} message
   * @param {Record<string, unknown> | undefined} map
   * @param {MessageError} error
   */
  async #refuse(message, map, { code, message: sentence }) {
    const { topic } = message;
    this.#log[this.#limit.next()]({ channel: topic, length: message.bytes, code }, `refused: ${sentence}`);
    this.#meter.refused(code);
    this.#refusals.report(errorRecord(message, code, sentence));
    const id = idOf(map);
    if (id !== undefined) {
      await this.#refusals.reply(replyText(this.#algo, { ...map, id }, 'refused', sentence));
    }
    message.acknowledge();
  }
}

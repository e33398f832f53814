import { randomBytes } from 'node:crypto';

import { Instruments } from '../messages/instruments.js';
import { readData } from '../messages/data.js';
import { kindOf } from '../messages/kinds.js';
import { readQuotes } from '../messages/quote.js';
import { MessageError } from '../support/errors.js';
import { errorRecord } from './error_record.js';
import { inputFields } from './log_fields.js';

/** Reads the quotes, or the data, of each message; refuses, reports and acknowledges a message that has none. */
export class Intake {
  #rules;
  #report;
  #meter;
  #gaps;
  #log;
  #idPrefix = `~${randomBytes(6).toString('hex')}`;
  #idCount = 0;
  #instruments = new Instruments();
  #hasWarned = false;

  /**
   * @param {import('../messages/quote.js').Rules | undefined} rules  the user's, about messages
   * @param {(record: string) => void} report  called once per refused message, before its acknowledgement
   * @param {import('../metrics/route_meter.js').RouteMeter} meter
   * @param {import('./feed_gaps.js').FeedGaps} gaps  of the ids that come
   * @param {import('../support/log.js').Log} log
   */
  constructor(rules, report, meter, gaps, log) {
    this.#rules = rules;
    this.#report = report;
    this.#meter = meter;
    this.#gaps = gaps;
    this.#log = log;
  }

  /**
   * @param {import('../mqtt/message.js').Message} message
   * @returns {import('./queue.js').Waiting | undefined} undefined if it was refused
   */
  read(message) {
    const { topic, payload } = message;
    const kind = kindOf(topic);
    let inputs;
    try {
      inputs = kind === 'data' ? this.#readData(message) : readQuotes(topic, payload, this.#newId, this.#rules);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#log.warn({ channel: topic, length: message.bytes, code: error.code }, `refused: ${error.message}`);
      this.#meter.refused(error.code);
      this.#report(errorRecord(message, error.code, error.message));
      this.#gaps.refused(topic);
      message.acknowledge();
      return undefined;
    }
    const at = performance.now();
    this.#meter.received(kind, inputs.length, topic, at);
    for (const { id, sid } of inputs) this.#gaps.read(topic, id, sid);
    if (kind === 'quote') this.#noteInstruments(/** @type {import('../messages/quote.js').Quote[]} */ (inputs));
    if (this.#log.isLevelEnabled('debug')) {
      for (const input of inputs) {
        this.#log.debug({ ...inputFields(kind, input), sid: input.sid, quote: input.quote }, 'received');
      }
    }
    return { message, kind, inputs, at };
  }

  /** @param {import('../messages/quote.js').Quote[]} quotes */
  #noteInstruments(quotes) {
    if (this.#instruments.isFull || !this.#log.isLevelEnabled('info')) return;
    for (const { sid, channel } of quotes) {
      if (this.#instruments.isNew(sid)) this.#log.info({ sid, channel }, 'first quote of a new instrument');
    }
  }

  /** @param {import('../mqtt/message.js').Message} message */
  #readData({ topic, payload }) {
    const data = readData(topic, payload, this.#newId);
    // as before version 4 of the contract
    if (!this.#hasWarned && data.sid !== undefined && data.quote !== undefined) {
      this.#hasWarned = true;
      this.#log.warn(
        { channel: topic },
        'this looks like a quote, but the channel carries data, which changes no price',
      );
    }
    return [data];
  }

  #newId = () => `${this.#idPrefix}-${this.#idCount++}`;
}

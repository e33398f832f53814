import { Instruments } from '../messages/instruments.js';
import { readData } from '../messages/data.js';
import { kindOf } from '../messages/kinds.js';
import { readQuotes } from '../messages/quote.js';
import { weightOf } from '../messages/weight.js';
import { MessageError } from '../support/errors.js';
import { LineLimit } from '../support/line_limit.js';
import { errorRecord } from './error_record.js';
import { GivenIds } from './given_ids.js';
import { inputFields } from './log_fields.js';
import { packInputs } from './packed_input.js';

/** Bytes that the inputs of a message may take decoded: those of more are kept as they are sent. */
const MAX_DECODED = 768 * 1024;

/** Reads the quotes, or the data, of each message; refuses, reports and acknowledges a message that has none. */
export class Intake {
  #rules;
  #report;
  #meter;
  #gaps;
  #log;
  /** Which lines are written: to ask the log for each message took a tenth of the time. */
  #logs;
  #ids = new GivenIds();
  #instruments = new Instruments();
  #hasWarned = false;
  #limit = new LineLimit();

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
    this.#logs = { received: log.isLevelEnabled('debug'), instruments: log.isLevelEnabled('info') };
  }

  /**
   * @param {import('../mqtt/message.js').Message} message
   * @returns {import('./queue.js').Waiting | undefined} undefined if it was refused
   */
  read(message) {
    const { topic, payload } = message;
    const kind = kindOf(topic);
    this.#ids.begin(message);
    let inputs;
    try {
      inputs = kind === 'data' ? this.#readData(message) : readQuotes(topic, payload, this.#ids.next, this.#rules);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#log[this.#limit.next()](
        { channel: topic, length: message.bytes, code: error.code },
        `refused: ${error.message}`,
      );
      this.#meter.refusedInput(error.code);
      this.#report(errorRecord(message, error.code, error.message));
      this.#gaps.refused(topic);
      message.acknowledge();
      return undefined;
    }
    this.#meter.received(kind, inputs.length, message);
    for (const { id, sid } of inputs) this.#gaps.read(topic, id, sid);
    if (kind === 'quote') this.#noteInstruments(/** @type {import('../messages/quote.js').Quote[]} */ (inputs));
    if (this.#logs.received) {
      for (const input of inputs) {
        this.#log.debug({ ...inputFields(kind, input), sid: input.sid, quote: input.quote }, 'received');
      }
    }
    const weight = weightOf(inputs, MAX_DECODED);
    if (weight <= MAX_DECODED) {
      message.weigh(weight);
      return { message, kind, inputs };
    }
    const packed = packInputs(inputs);
    message.weigh(packed.bytes);
    return { message, kind, inputs: packed.inputs };
  }

  /** @param {import('../messages/quote.js').Quote[]} quotes */
  #noteInstruments(quotes) {
    if (this.#instruments.isFull || !this.#logs.instruments) return;
    for (const { sid, channel } of quotes) {
      if (this.#instruments.isNew(sid)) this.#log.info({ sid, channel }, 'first quote of a new instrument');
    }
  }

  /** @param {import('../mqtt/message.js').Message} message */
  #readData({ topic, payload }) {
    const data = readData(topic, payload, this.#ids.next);
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
}

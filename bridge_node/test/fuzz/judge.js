/**
 * Says what the bridge makes of inputs: for the tests of Python that compare both languages, and look for inputs that
 * are neither read nor refused. On each line of stdin it reads a kind and an input in base64, and writes what came of
 * it as one line of JSON: `["read", value]`, `["refused", code]`, or `["failed", error]`, which is a fault of ours.
 */

import { createInterface } from 'node:readline';

import { readRecord } from '../../src/discovery/record.js';
import { readSnapshot } from '../../src/discovery/snapshot.js';
import { ownerOf, isQuestion, readClaim } from '../../src/messages/claim.js';
import { EXAMPLE, hasExpired, idOf, readCommand } from '../../src/messages/command.js';
import { readData } from '../../src/messages/data.js';
import { concerns, epochOf, readDuty } from '../../src/messages/duty.js';
import { parseFields } from '../../src/messages/fields.js';
import { haltText, readHalt } from '../../src/messages/halt.js';
import { parse } from '../../src/messages/parse.js';
import { parseMap } from '../../src/messages/map.js';
import { readQuery } from '../../src/messages/query.js';
import { readQuotes } from '../../src/messages/quote.js';
import { checkTime, instant } from '../../src/messages/time.js';
import { errorRecord } from '../../src/route/error_record.js';
import { MessageError, RecordError } from '../../src/support/errors.js';
import { nameOfLevel } from '../../src/support/topic_level.js';

/** In place of an id that the bridge makes. */
const MADE = '~made';
const RULES = { fields: parseFields('sid=s,quote=p,ts=T,id=s+t'), symbols: undefined };
const SYMBOLS = { fields: [], symbols: new Set(['GOOG', 'AAPL']) };

/** @type {Record<string, (payload: Buffer) => unknown>} */
const KINDS = {
  quote: (payload) => readQuotes('quotes', payload, () => MADE),
  mapped: (payload) => readQuotes('quotes', payload, () => MADE, RULES),
  chosen: (payload) => readQuotes('quotes', payload, () => MADE, SYMBOLS),
  data: (payload) => readData('data/x', payload, () => MADE),
  command: (payload) => {
    /** @type {Record<string, unknown> | undefined} */
    let map;
    try {
      map = parseMap(payload, EXAMPLE);
      const command = readCommand('commands/random', map, () => MADE);
      hasExpired(command, 0);
      return command;
    } catch (error) {
      idOf(map);
      throw error;
    }
  },
  query: (payload) => {
    const { fault, ...query } = readQuery(payload);
    if (fault) throw new MessageError('id_type', fault);
    return query;
  },
  time: (payload) => {
    const { value } = /** @type {any} */ (parse(payload).message);
    checkTime(value);
    return String(instant(value));
  },
  record: (payload) => readRecord(payload),
  bridge: (payload) => {
    const claim = readClaim(payload);
    const duty = readDuty(payload);
    concerns(duty, 'tcp://a:1');
    return { claim: claim && ownerOf(claim), isQuestion: isQuestion(payload), epoch: epochOf(duty) };
  },
  halt: (payload) => {
    const halt = readHalt(payload);
    return halt && haltText(halt);
  },
  snapshot: (payload) => readSnapshot(payload) ?? null,
  level: (payload) => nameOfLevel(payload.toString()) ?? null,
};

/**
 * @param {string} kind
 * @param {Buffer} payload
 */
function judged(kind, payload) {
  try {
    return ['read', KINDS[kind](payload) ?? null];
  } catch (error) {
    if (error instanceof RecordError) return ['refused', error.message.isWellFormed() ? 'record' : 'surrogate in it'];
    if (!(error instanceof MessageError)) return ['failed', String(/** @type {Error} */ (error).stack)];
    const record = errorRecord({ topic: 'quotes', payload, bytes: 0, sha256: '' }, error.code, error.message);
    if (!JSON.parse(record).reason.isWellFormed()) return ['failed', `the reason is no text: ${record}`];
    return ['refused', error.code];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, payload] = line.split(' ');
  process.stdout.write(`${JSON.stringify(judged(kind, Buffer.from(payload, 'base64')))}\n`);
}

/** Reads a question about the past (contracts/README.md, "Queries"). */

import { MessageError, shown } from '../support/errors.js';
import { LIMITS } from './limits.js';
import { parseMap } from './map.js';
import { readId } from './values.js';

/** A message, for the error that refuses another. */
const EXAMPLE = '{"query": "orders", "id": "1", "client": "page"}';
/** Questions that change nothing and cost little: all but those that begin or end a backtest. */
export const READS = [
  ...['equity', 'profit', 'positions', 'orders', 'fills', 'errors', 'prices', 'parameters', 'journal', 'commands'],
  ...['backtests', 'backtest_choices', 'backtest_result'],
];
const CLIENT = new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.client}}$`);

/**
 * @typedef {object} Query
 * @property {string | null} id  null if it has none that is valid
 * @property {string} client  the last level of the topic of the reply
 * @property {Record<string, unknown>} question  as the backend gets it
 * @property {string} fault  why it is not asked, as a sentence; empty if it may be
 */

/**
 * @param {Buffer} payload
 * @returns {Query}
 * @throws {MessageError} with the code and the reason, if it does not say who is to get the reply
 */
export function readQuery(payload) {
  if (payload.length > LIMITS.queryBytes) {
    throw new MessageError(
      'query_too_large',
      `the question is too large: ${payload.length} bytes, at most ${LIMITS.queryBytes}`,
    );
  }
  const { id, client, ...question } = parseMap(payload, EXAMPLE);
  if (typeof client !== 'string' || !CLIENT.test(client)) {
    const given = client === undefined ? 'missing' : shown(client, 80);
    throw new MessageError(
      'query_client',
      `"client" is ${given}: it has to be 1 to ${LIMITS.client} of the characters A-Z, a-z, 0-9, _ and -`,
    );
  }
  if (id === undefined) return { id: null, client, question, fault: '"id" is missing: the reply carries it' };
  try {
    return { id: readId(id), client, question, fault: '' };
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return { id: null, client, question, fault: error.message };
  }
}

/**
 * Why somebody who may only read may not ask this.
 * @param {Buffer} payload
 * @param {string} client  the one that gets the answers
 * @returns {string} a sentence; empty if it may be asked
 */
export function viewerFault(payload, client) {
  let query;
  try {
    query = readQuery(payload);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return error.message;
  }
  if (query.client !== client) return `"client" is ${shown(query.client, 80)}: a viewer asks as ${client} alone`;
  const name = query.question.query ?? null;
  if (typeof name === 'string' && READS.includes(name)) return '';
  return `"query" is ${shown(name, 80)}: a viewer may ask for ${READS.join(', ')}`;
}

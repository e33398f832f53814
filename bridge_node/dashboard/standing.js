/** How an algorithm, or a part, stands, in words: the most urgent first. */

import { span } from './format.js';

/** ms without a quote after which an algorithm that had some is called silent. */
const MAX_QUOTE_AGE = 60_000;
/** ms for which a failure is shown as present. */
const MAX_FAILURE_AGE = 60_000;

/**
 * @typedef {'bad' | 'warn' | 'good' | 'off'} Level
 * @typedef {object} Standing
 * @property {Level} level
 * @property {string} word  one or two words: "halted"
 * @property {string} reason  a sentence; empty if there is nothing to add
 */

const ORDER = { bad: 0, warn: 1, off: 2, good: 3 };

/**
 * @param {import('./store.js').Algo} algo
 * @param {import('./store.js').Store} store
 * @returns {Standing[]} all that is to be said, the most urgent first; at least one
 */
export function standingsOf(algo, store) {
  const found = [...serviceStandings(algo, store), ...tradingStandings(algo, store)];
  if (found.length === 0) found.push({ level: 'good', word: 'trading', reason: '' });
  return found.sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

/**
 * Whether the service and its bridge are there.
 * @param {import('./store.js').Algo} algo
 * @param {import('./store.js').Store} store
 * @returns {Standing[]}
 */
function serviceStandings(algo, store) {
  const { record } = algo;
  const found = /** @type {Standing[]} */ ([]);
  const since = record ? span(store.now - Date.parse(record.since)) : '';
  if (record?.state === 'lost') {
    const reason = `the broker has lost the service at ${record.address}; it had started ${since} ago`;
    found.push({ level: 'bad', word: 'lost', reason });
  }
  if (record?.state === 'offline')
    found.push({ level: 'off', word: 'ended', reason: `its service was ended ${since} ago` });
  const bridge = store.bridgeOf(algo.name);
  const isReady = bridge?.value('tickwire_bridge_backend_ready', { algo: algo.name });
  if (bridge && isReady === 0 && record?.state !== 'offline') {
    const about = bridge.message.reasons.find((reason) => record && reason.includes(record.address));
    found.push({ level: 'bad', word: 'unavailable', reason: about ?? 'its backend does not answer the bridge' });
  }
  if (record?.state === 'online' && store.partsOf('bridge').length > 0 && !bridge) {
    found.push({ level: 'warn', word: 'not served', reason: 'no bridge that is heard of serves it' });
  }
  return found;
}

/**
 * Whether it decides, and may buy.
 * @param {import('./store.js').Algo} algo
 * @param {import('./store.js').Store} store
 * @returns {Standing[]}
 */
function tradingStandings(algo, store) {
  const { portfolio } = algo;
  const found = /** @type {Standing[]} */ ([]);
  const halted = portfolio?.halted;
  if (halted) {
    const who = halted.by ? ` by ${halted.by}` : '';
    found.push({ level: 'warn', word: 'halted', reason: `buying was halted${who}: ${halted.reason}` });
  }
  const stop = portfolio?.halt && !(halted && portfolio.halt.endsWith(halted.reason)) ? portfolio.halt : '';
  if (stop) found.push({ level: 'bad', word: 'stopped by a limit', reason: stop });
  const failure = algo.errors.findLast(({ at }) => store.now - at < MAX_FAILURE_AGE);
  if (failure) {
    const isFailing = failure.message.code === 'algorithm';
    const [level, word] = isFailing
      ? /** @type {const} */ (['bad', 'failing'])
      : /** @type {const} */ (['warn', 'refusing messages']);
    found.push({ level, word, reason: `${span(store.now - failure.at)} ago: ${failure.message.reason}` });
  }
  const age = quoteAge(algo, store);
  if (age !== undefined && age > MAX_QUOTE_AGE && algo.record?.state !== 'offline') {
    found.push({ level: 'warn', word: 'silent', reason: `no quote has come for ${span(age)}` });
  }
  return found;
}

/**
 * ms since the last quote came for an algorithm; undefined if that is not known.
 * @param {import('./store.js').Algo} algo
 * @param {import('./store.js').Store} store
 */
export function quoteAge(algo, store) {
  const part = store.bridgeOf(algo.name);
  const name = 'tickwire_bridge_channel_last_input_timestamp_seconds';
  const times = part?.each(name, { algo: algo.name }) ?? [];
  const last = Math.max(0, ...times);
  return last > 0 ? Math.max(0, store.now - last * 1000) : undefined;
}

/**
 * @param {import('./stats.js').Part} part
 * @param {import('./store.js').Store} store
 * @returns {Standing}
 */
export function partStanding(part, store) {
  if (store.isSilent(part)) {
    return { level: 'bad', word: 'silent', reason: `it has told nothing for ${span(store.now - part.at)}` };
  }
  const { ready, reasons } = part.message;
  return ready
    ? { level: 'good', word: 'ready', reason: '' }
    : { level: 'bad', word: 'not ready', reason: reasons.join('; ') };
}

/** @param {import('./store.js').Store} store @returns {Standing} */
export const brokerStanding = ({ broker }) =>
  broker.connected
    ? { level: 'good', word: 'connected', reason: '' }
    : { level: 'bad', word: 'unavailable', reason: broker.why ?? '' };

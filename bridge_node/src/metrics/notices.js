import { addCount } from './reading.js';

/**
 * Add what a person has to know about the broker and the feeds.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {import('../route/notices.js').Notices} notices
 * @param {(name: string) => string} labelOf  an algorithm
 */
export function addNotices(registry, notices, labelOf) {
  addCount(
    registry,
    {
      name: 'tickwire_bridge_broker_dropped_total',
      help: 'Messages that the broker has dropped, of any clients, as far as it says so.',
    },
    () => [[{}, notices.brokerDropped]],
  );
  /** @param {string} name @param {string} help @param {'feedGaps' | 'feedMissing' | 'sessionTaken'} field */
  const add = (name, help, field) =>
    addCount(registry, { name, help, labelNames: ['algo'] }, () =>
      Array.from(notices.entries(), ([algo, counts]) => [{ algo: labelOf(algo) }, counts[field]]),
    );
  add('tickwire_bridge_feed_gaps_total', 'Gaps in the numbered ids of feeds.', 'feedGaps');
  add('tickwire_bridge_feed_missing_total', 'Numbers that are missing in these gaps.', 'feedMissing');
  add('tickwire_bridge_session_taken_total', 'How often another client took a client id of ours.', 'sessionTaken');
}

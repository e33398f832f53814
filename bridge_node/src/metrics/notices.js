import { Counter } from '@platformatic/prom-client';

/**
 * Add what a person has to know about the broker and the feeds.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {import('../route/notices.js').Notices} notices
 * @param {(name: string) => string} labelOf  an algorithm
 */
export function addNotices(registry, notices, labelOf) {
  new Counter({
    name: 'tickwire_bridge_broker_dropped_total',
    help: 'Messages that the broker has dropped, of any clients, as far as it says so.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(notices.brokerDropped);
    },
  });
  /** @param {string} name @param {string} help @param {'feedGaps' | 'feedMissing' | 'sessionTaken'} field */
  const add = (name, help, field) =>
    new Counter({
      name,
      help,
      labelNames: ['algo'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [algo, counts] of notices.entries()) this.inc({ algo: labelOf(algo) }, counts[field]);
      },
    });
  add('tickwire_bridge_feed_gaps_total', 'Gaps in the numbered ids of feeds.', 'feedGaps');
  add('tickwire_bridge_feed_missing_total', 'Numbers that are missing in these gaps.', 'feedMissing');
  add('tickwire_bridge_session_taken_total', 'How often another client took a client id of ours.', 'sessionTaken');
}

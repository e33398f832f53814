import { Counter } from '@platformatic/prom-client';

/**
 * What is counted of each algorithm: the name of the metric behind `tickwire_bridge_`, its meaning, and the count.
 * @type {[string, string, keyof import('../route/notices.js').AlgoNotices][]}
 */
const OF_ALGOS = [
  ['session_taken_total', 'How often another client has taken a client id of ours.', 'sessionTaken'],
  ['feed_gaps_total', 'Gaps in the numbered ids of feeds.', 'feedGaps'],
  ['feed_missing_total', 'Numbers in these gaps.', 'feedMissing'],
];

/**
 * Add what a person has to know about the inputs.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {import('../route/notices.js').Notices} notices
 * @param {(name: string) => string} labelOf  the label of an algorithm
 */
export function addNotices(registry, notices, labelOf) {
  new Counter({
    name: 'tickwire_bridge_broker_dropped_total',
    help: 'Messages that the broker has dropped, of any clients.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(notices.brokerDropped);
    },
  });
  for (const [name, help, key] of OF_ALGOS) {
    new Counter({
      name: `tickwire_bridge_${name}`,
      help,
      labelNames: ['algo'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [algo, counts] of notices.entries()) this.inc({ algo: labelOf(algo) }, counts[key]);
      },
    });
  }
}

/** The first levels of the topics that have a meaning of their own, and so are no channels (contracts/README.md). */
export const RESERVED_TOPICS = [
  ...['orders', 'fills', 'portfolios', 'algos', 'errors', 'bridges', 'stats'],
  ...['commands', 'replies', 'queries', 'executions', 'halts'],
];

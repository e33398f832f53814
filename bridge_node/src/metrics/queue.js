import { addReading } from './reading.js';

/**
 * Add what waits in memory.
 * @param {import('@platformatic/prom-client').Registry} registry
 * @param {Iterable<import('./route_meter.js').RouteMeter>} meters  of the routes that run
 * @param {import('../support/memory_budget.js').MemoryBudget} budget  of all routes
 */
export function addQueues(registry, meters, budget) {
  /** @param {(meter: import('./route_meter.js').RouteMeter) => number} value @returns {() => Iterable<[{algo: string}, number]>} */
  const each = (value) => () => Array.from(meters, (meter) => [{ algo: meter.algo }, value(meter)]);
  addReading(
    registry,
    { name: 'tickwire_bridge_queue_inputs', help: 'Quotes and data that wait to be decided.', labelNames: ['algo'] },
    each(({ readings }) => readings.queue.inputs),
  );
  addReading(
    registry,
    { name: 'tickwire_bridge_queue_bytes', help: 'Bytes of their messages.', labelNames: ['algo'] },
    each(({ readings }) => readings.queue.bytes),
  );
  addReading(
    registry,
    {
      name: 'tickwire_bridge_budget_used_bytes',
      help: 'What messages hold of the memory that all routes share, as it is counted.',
    },
    () => [[{}, budget.held]],
  );
  addReading(
    registry,
    { name: 'tickwire_bridge_budget_bytes', help: 'The memory that all routes share for messages.' },
    () => [[{}, budget.max]],
  );
}

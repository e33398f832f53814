/** What an algorithm has earned. */

import { dayOf } from './points.js';

/**
 * In all, and the cash that it began with; undefined if that is not known.
 * @param {import('./store.js').Algo} algo
 * @param {import('./past.js').Past} past
 */
export function profitInAll({ name, portfolio }, past) {
  const told = past.answer(name, 'positions')?.result;
  const start = typeof told?.profit === 'number' ? told.equity - told.profit : portfolio?.parameters?.starting_cash;
  if (typeof start !== 'number' || typeof portfolio?.equity !== 'number')
    return { start: undefined, profit: undefined };
  return { start, profit: portfolio.equity - start };
}

/**
 * Since the day of the last quote began, in UTC: as the page has seen it begin, or the journal has it; undefined if
 * neither has.
 * @param {import('./store.js').Algo} algo
 * @param {import('./past.js').Past} past
 * @returns {number | undefined}
 */
export function profitToday({ name, portfolio, today }, past) {
  if (!today || typeof portfolio?.equity !== 'number') return undefined;
  const told = past.answer(name, 'profit')?.result;
  const isOfToday = typeof told?.since === 'number' && dayOf(told.since) === today.day;
  const before = today.before ?? (isOfToday ? told.before : undefined);
  return typeof before === 'number' ? portfolio.equity - before : undefined;
}

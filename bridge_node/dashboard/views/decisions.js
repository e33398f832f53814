/** The orders of an algorithm with what each came of, the newest first; and the commands. */

import { html, nothing } from 'lit-html';

import { money, quantity, time, ZONE } from '../format.js';
import { faultOf } from './parts.js';

/** Rows that are shown. */
const MAX_ROWS = 100;

/**
 * @typedef {object} Decided
 * @property {any} order
 * @property {number | null} at  ms since 1970, if it is known
 * @property {any} input  what it came of, if that is known
 */

/**
 * Those of the journal, and those that have come since; each once.
 * @param {import('../store.js').Algo} algo
 * @param {import('../main.js').Actions} actions
 * @returns {Decided[]} the newest first
 */
export function ordersOf(algo, { past }) {
  const known = past.answer(algo.name, 'orders')?.result?.orders ?? [];
  const before = known.map((/** @type {any} */ { order, at, input }) => ({
    order,
    at: at === null ? null : at * 1000,
    input,
  }));
  const ids = new Set(before.map((/** @type {Decided} */ { order }) => order.id));
  const since = algo.orders.filter(({ message }) => !ids.has(message.id));
  return [...since.map(({ at, message }) => ({ order: message, at, input: undefined })).reverse(), ...before];
}

/**
 * @param {import('../store.js').Algo} algo
 * @param {import('../store.js').Store} store
 * @param {import('../main.js').Actions} actions
 */
export function decisions(algo, store, actions) {
  const rows = ordersOf(algo, actions).slice(0, MAX_ROWS);
  return html`<section aria-labelledby="orders">
    <h2 id="orders">Orders, and why</h2>
    ${
      rows.length === 0
        ? html`<p class="muted">No order yet.</p>`
        : html`<div class="scroll tall" tabindex="0" role="region" aria-label="Table of orders">
            <table class="stacked">
              <thead>
                <tr>
                  <th scope="col">time (${ZONE})</th>
                  <th scope="col">order</th>
                  <th scope="col" class="number">quantity</th>
                  <th scope="col" class="number">price</th>
                  <th scope="col" class="number">amount</th>
                  <th scope="col">because of</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map((row) => orderRow(row, store))}
              </tbody>
            </table>
          </div>`
    }
    ${faultOf(algo, 'orders', actions)} ${commands(algo, store, actions)}
  </section>`;
}

/** @param {Decided} decided @param {import('../store.js').Store} store */
function orderRow({ order, at, input }, store) {
  const isRefused = order.quantity === 0;
  return html`<tr data-order=${order.id}>
    <td class="time">${at === null ? '–' : time(at, store.now)}</td>
    <td>${isRefused ? html`<span class="badge off">refused</span> ` : nothing}${order.side} ${order.sid}</td>
    <td class="number">${isRefused ? '' : quantity(order.quantity)}</td>
    <td class="number">${money(order.price)}</td>
    <td class="number">${money(isRefused ? order.asked : order.amount)}</td>
    <td class="wrap">
      ${causeOf(order, input)} ${order.reason ? html`<br /><strong>${order.reason}</strong>` : nothing}
    </td>
  </tr>`;
}

/** @param {any} order @param {any} input */
function causeOf(order, input) {
  const id = html`<code>${order.quote_id ?? input?.id}</code>`;
  if (input?.command) return html`the command ${input.command} of ${input.by ?? 'a person'} ${id}`;
  if (typeof input?.quote !== 'number') return html`quote ${id}${order.ts ? ` of ${order.ts}` : ''}`;
  return html`quote ${id}: ${input.sid} ${money(input.quote)}${input.ts ? ` of ${input.ts}` : ''}`;
}

/**
 * @param {import('../store.js').Algo} algo
 * @param {import('../store.js').Store} store
 * @param {import('../main.js').Actions} actions
 */
function commands(algo, store, { past }) {
  const known = past.answer(algo.name, 'commands')?.result?.commands ?? [];
  const before = known.map((/** @type {any} */ { reply, at }) => ({ reply, at: at === null ? null : at * 1000 }));
  const ids = new Set(before.map((/** @type {any} */ { reply }) => reply.id));
  const since = algo.replies
    .filter(({ message }) => !ids.has(message.id))
    .map(({ at, message }) => ({ reply: message, at }));
  const rows = [...since.reverse(), ...before].slice(0, MAX_ROWS);
  if (rows.length === 0) return nothing;
  return html`<h3 id="commands">Commands</h3>
    <ul class="plain" aria-labelledby="commands">
      ${rows.map(
        ({ reply, at }) =>
          html`<li>
            <span class="number">${at === null ? '–' : time(at, store.now)}</span> <strong>${reply.command}</strong> by
            ${reply.by ?? 'somebody'}: ${reply.outcome}, ${reply.text}
          </li>`,
      )}
    </ul>`;
}

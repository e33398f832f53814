/** The report of one backtest. */

import { html, nothing } from 'lit-html';

import { money, quantity, time, whole, ZONE } from '../format.js';
import { secondsOf } from '../points.js';
import { runName } from './backtest_compare.js';

/** @typedef {import('../store.js').Store} Store */

/** @param {any} run @param {import('../backtests.js').Report | undefined} found @param {Store} store */
export function report(run, found, store) {
  if (run.state === 'failed') return html`<p class="banner" role="alert">Run ${run.run} has failed: ${run.text}</p>`;
  if (!found) return nothing;
  const { rows, notes, data, timed: isTimed, parameters } = found.report;
  return html`<section aria-labelledby="report" data-report=${run.run}>
    <h2 id="report">Report of ${runName(run)}</h2>
    ${list('What to know', notes)} ${list('The data', data)}
    ${isTimed ? nothing : html`<p class="muted">The quotes have no times: points are counted in their place.</p>`}
    <h3>Equity</h3>
    <div class="chart" data-chart="backtest-equity" role="img" aria-label="Equity of run ${run.run} over time"></div>
    <h3>Drawdown <small>in percent below the highest equity before</small></h3>
    <div
      class="chart low"
      data-chart="backtest-drawdown"
      role="img"
      aria-label="Drawdown of run ${run.run} over time"
    ></div>
    <h3>Figures</h3>
    <dl class="rows figures-rows">
      ${rows.map(
        (/** @type {string[]} */ [name, words, text]) =>
          html`<dt>${words}</dt>
            <dd class="number" data-figure=${name}>${text}</dd>`,
      )}
    </dl>
    <h3>Parameters</h3>
    <dl class="rows">
      ${Object.entries(parameters).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd class="number">${typeof value === 'string' ? value : JSON.stringify(value)}</dd>`,
      )}
    </dl>
    ${orders(found.report, store)}
  </section>`;
}

/** @param {string} title @param {string[]} sentences */
function list(title, sentences) {
  if (sentences.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <ul class="plain">
      ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>`;
}

/** @param {any} report @param {Store} store */
function orders({ orders: placed, of: count }, store) {
  if (placed.length === 0) {
    return html`<h3>Orders</h3>
      <p class="muted">None was placed.</p>`;
  }
  const more = count > placed.length ? `the last ${whole(placed.length)} of ${whole(count)}` : '';
  return html`<h3>Orders <small>${more}</small></h3>
    <div class="scroll tall" tabindex="0" role="region" aria-label="Table of the orders of the backtest">
      <table>
        <thead>
          <tr>
            <th scope="col">time (${ZONE})</th>
            <th scope="col">order</th>
            <th scope="col">quantity</th>
            <th scope="col">price</th>
            <th scope="col">amount</th>
            <th scope="col">reason</th>
          </tr>
        </thead>
        <tbody>
          ${[...placed].reverse().map((order) => orderRow(order, store))}
        </tbody>
      </table>
    </div>`;
}

/** @param {any} order @param {Store} store */
const orderRow = (order, store) =>
  html`<tr>
    <td class="number">
      ${order.ts === undefined || order.ts === null ? '–' : time(secondsOf(order.ts, 0) * 1000, store.now)}
    </td>
    <td>${order.quantity === 0 ? html`<span class="badge off">refused</span> ` : nothing}${order.side} ${order.sid}</td>
    <td class="number">${quantity(order.quantity)}</td>
    <td class="number">${money(order.price)}</td>
    <td class="number">${money(order.amount)}</td>
    <td class="wrap">${order.reason ?? ''}</td>
  </tr>`;

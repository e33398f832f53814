/** Every algorithm at a glance, what is wrong first; then the parts of the pipeline. */

import { html, nothing } from 'lit-html';

import { money, percent, quantity, rate, signedMoney, signedPercent, span, time, whole, ZONE } from '../format.js';
import { joined } from '../points.js';
import { profitInAll, profitToday } from '../profit.js';
import { linkTo } from '../router.js';
import { brokerStanding, partStanding, quoteAge, standingsOf } from '../standing.js';
import { badge, badgeWithReason, figure, sparkline, tone } from './parts.js';

/** @type {[number, number][]} */
const NO_POINTS = [];
const URGENCY = { bad: 0, warn: 1, good: 2, off: 3 };

/** @param {import('../store.js').Store} store @param {import('../main.js').Actions} actions */
export function overview(store, actions) {
  const algos = [...store.algos.values()]
    .map((algo) => ({ algo, standings: standingsOf(algo, store) }))
    .sort((a, b) => URGENCY[a.standings[0].level] - URGENCY[b.standings[0].level] || compare(a.algo.name, b.algo.name));
  return html`
    ${troubles(algos, store)}
    <section aria-labelledby="algos">
      <h2 id="algos">Algorithms</h2>
      ${
        algos.length === 0
          ? noAlgorithm(store)
          : html`<ul class="cards">
              ${algos.map((each) => card(each, store, actions))}
            </ul>`
      }
    </section>
    ${parts(store)}
  `;
}

/** @param {string} a @param {string} b */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** @typedef {{algo: import('../store.js').Algo, standings: import('../standing.js').Standing[]}} Judged */

/** @param {Judged[]} algos @param {import('../store.js').Store} store */
function troubles(algos, store) {
  const lines = [
    ...algos.flatMap(({ algo, standings }) =>
      standings
        .filter(({ level, reason }) => (level === 'bad' || level === 'warn') && reason)
        .map((standing) => ({ standing, who: html`<a href=${linkTo(algo.name)}>${algo.name}</a>` })),
    ),
    ...[...store.parts.values()]
      .filter(({ message }) => message.component !== 'algo')
      .map((part) => ({
        standing: partStanding(part, store),
        who: html`${part.message.component} ${part.message.name}`,
      }))
      .filter(({ standing }) => standing.level === 'bad'),
  ];
  if (lines.length === 0) return nothing;
  lines.sort((a, b) => URGENCY[a.standing.level] - URGENCY[b.standing.level]);
  return html`<section class="troubles" aria-labelledby="troubles">
    <h2 id="troubles">What needs a look</h2>
    <ul>
      ${lines.map(({ standing, who }) => html`<li>${badge(standing)} <strong>${who}</strong> ${standing.reason}</li>`)}
    </ul>
  </section>`;
}

/** @param {import('../store.js').Store} store */
function noAlgorithm(store) {
  if (!store.hello) return html`<p class="muted">Not known yet.</p>`;
  return html`<p>No algorithm is known yet. <code>algo-service serve --announce</code> announces one.</p>`;
}

/** @param {Judged} judged @param {import('../store.js').Store} store @param {import('../main.js').Actions} actions */
function card({ algo, standings }, store, { past }) {
  if (store.bridgeOf(algo.name)) past.wantBrief(algo.name);
  const { portfolio } = algo;
  const bridge = store.bridgeOf(algo.name);
  const service = store.serviceOf(algo.name);
  const label = { algo: algo.name };
  const { start, profit } = profitInAll(algo, past);
  const today = profitToday(algo, past);
  const last = algo.orders.at(-1) ?? orderOf(past.answer(algo.name, 'last order')?.result);
  const curve = joined(past.answer(algo.name, 'sparkline')?.result?.points ?? NO_POINTS, algo.equity);
  return html`<li class="card ${standings[0].level}">
    <h3><a href=${linkTo(algo.name)}>${algo.name}</a></h3>
    ${standings.map(badgeWithReason)}
    <div class="equity">
      <span class="number big" data-equity=${algo.name}>${money(portfolio?.equity)}</span>
      ${sparkline(curve, `equity of ${algo.name} over time`)}
    </div>
    <dl class="figures">
      ${figure(
        'profit in all',
        html`<span class=${tone(profit)}>${signedMoney(profit)}</span>
          <small>${start ? signedPercent((profit ?? 0) / start) : ''}</small>`,
      )}
      ${figure('profit today', html`<span class=${tone(today)}>${signedMoney(today)}</span>`)}
      ${figure('drawdown', percent(service?.value('tickwire_algo_drawdown_ratio', label)))}
      ${figure('quotes per second', rate(bridge?.rate('tickwire_bridge_inputs_decided_total', { ...label, kind: 'quote' })))}
      ${figure('orders per second', rate(bridge?.rate('tickwire_bridge_orders_total', label)))}
      ${figure('last quote', age(quoteAge(algo, store)))}
    </dl>
    <p class="last">${last ? lastOrder(last, store) : html`<span class="muted">no order known</span>`}</p>
  </li>`;
}

/** The order of an answer. @param {any} result */
function orderOf(result) {
  const [entry] = result?.orders ?? [];
  return entry ? { at: entry.at === null ? NaN : entry.at * 1000, message: entry.order } : undefined;
}

/** @param {number | undefined} ms */
const age = (ms) => (ms === undefined ? '–' : `${span(ms)} ago`);

/** @param {{at: number, message: any}} order @param {import('../store.js').Store} store */
function lastOrder({ at, message }, store) {
  const { side, sid, price, asked } = message;
  const what =
    message.quantity === 0
      ? `refused a ${side} of ${sid}`
      : `${side} ${quantity(message.quantity)} ${sid} at ${money(price)}`;
  return html`${Number.isFinite(at) ? html`<span class="number">${time(at, store.now)} ${ZONE}</span> ` : 'last: '}${what}${asked === undefined ? '' : `: ${message.reason}`}`;
}

/** @param {import('../store.js').Store} store */
function parts(store) {
  const rows = [...store.parts.values()].filter(({ message }) => message.component !== 'algo');
  return html`<section aria-labelledby="parts">
    <h2 id="parts">Parts</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Table of parts">
      <table>
        <thead>
          <tr>
            <th scope="col">part</th>
            <th scope="col">state</th>
            <th scope="col" class="number">memory</th>
            <th scope="col" class="number brief">up for</th>
            <th scope="col">version</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">broker</th>
            <td>${badge(brokerStanding(store))} ${store.broker.connected ? '' : store.broker.why}</td>
            <td></td>
            <td></td>
            <td></td>
          </tr>
          ${rows.map((part) => partRow(part, store))}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** @param {import('../stats.js').Part} part @param {import('../store.js').Store} store */
function partRow(part, store) {
  const { message } = part;
  const standing = partStanding(part, store);
  const memory = part.value('process_resident_memory_bytes');
  return html`<tr>
    <th scope="row">${message.component} <small>${message.name}</small></th>
    <td>${badge(standing)} ${standing.reason}</td>
    <td class="number">${memory === undefined ? '–' : `${whole(memory / 2 ** 20)} MiB`}</td>
    <td class="number brief">${span(store.now - Date.parse(message.since))}</td>
    <td>${message.version}</td>
  </tr>`;
}

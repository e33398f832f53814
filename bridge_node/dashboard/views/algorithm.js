/** One algorithm: prices with its orders, equity, positions, and why each decision was made. */

import { html, nothing } from 'lit-html';

import { LineChart } from '../charts/line_chart.js';
import { PriceChart } from '../charts/price_chart.js';
import { money, percent, quantity, rate, signedMoney, signedPercent, size, span, time, ZONE } from '../format.js';
import { secondsOf } from '../points.js';
import { quoteAge, standingsOf } from '../standing.js';
import { controls } from './controls.js';
import { decisions, ordersOf } from './decisions.js';
import { badgeWithReason, faultOf, figure, tone } from './parts.js';
import { refusals } from './refusals.js';

/** @typedef {import('../store.js').Algo} Algo */
/** @typedef {import('../store.js').Store} Store */
/** @typedef {import('../main.js').Actions} Actions */

/** The seq of a service without a journal is above it (contracts/README.md, "RPC"). */
const IN_MEMORY = 1e15;

/** The filters of the quotes that the view of an algorithm draws. @param {Algo | undefined} algo @returns {string[]} */
export const channelsOf = (algo) =>
  (algo?.record?.channels ?? []).filter((/** @type {unknown} */ channel) => typeof channel === 'string').slice(0, 30);

/** @param {Algo} algo @param {Store} store @param {boolean} isLive @param {Actions} actions */
export function algorithm(algo, store, isLive, actions) {
  actions.past.want(algo.name);
  return html`
    <h1>${algo.name}</h1>
    ${standingsOf(algo, store).map(badgeWithReason)} ${controls(algo.name, isLive, actions)}
    ${figures(algo, store, actions)}
    <section aria-labelledby="equity">
      <h2 id="equity">Equity ${drawdownOf(algo, store)}</h2>
      <div class="chart" data-chart="equity" role="img" aria-label="Equity of ${algo.name} over time"></div>
      ${faultOf(algo, 'equity', actions)}
    </section>
    ${prices(algo, store, actions)} ${positions(algo, actions)} ${decisions(algo, store, actions)}
    ${refusals(algo, store)} ${about(algo, store)}
  `;
}

/**
 * The charts of the view, drawn after it is.
 * @param {Algo} algo @param {Store} store @param {Actions} actions
 * @returns {import('../charts/charts.js').Wanted[]}
 */
export function chartsOf(algo, store, actions) {
  const instrument = chosen(algo, store, actions);
  const points = equityPoints(algo, actions);
  return [
    {
      name: 'equity',
      make: (element) => new LineChart(element),
      show: (chart) => /** @type {LineChart} */ (chart).show(points),
    },
    {
      name: 'prices',
      make: (element) => new PriceChart(element),
      show: (chart) => {
        if (!instrument) return;
        const orders = ordersOf(algo, actions).filter(({ order }) => order.sid === instrument.sid);
        const version = `${instrument.topic} ${instrument.sid} ${instrument.version} ${orders.length} ${orders[0]?.order.id}`;
        /** @type {PriceChart} */ (chart).show(instrument.bars, orders.map(toMark).reverse(), version);
      },
    },
  ];
}

/** @param {import('./decisions.js').Decided} decided @returns {import('../points.js').Mark} */
function toMark({ order, at }) {
  return {
    time: secondsOf(order.ts, at ?? 0),
    side: order.side,
    isRefused: order.quantity === 0,
  };
}

/** The journal's curve, and what has come since. @param {Algo} algo @param {Actions} actions @returns {[number, number][]} */
function equityPoints(algo, { past }) {
  const known = past.answer(algo.name, 'equity')?.result?.points ?? [];
  const before = known.map(
    (/** @type {number[]} */ [seconds, value]) => /** @type {[number, number]} */ ([seconds, value]),
  );
  const last = before.at(-1)?.[0] ?? -Infinity;
  return [...before, ...algo.equity.filter(([seconds]) => seconds > last)];
}

/** @param {Algo} algo @param {Store} store @param {Actions} actions */
function figures(algo, store, { past }) {
  const { portfolio } = algo;
  const bridge = store.bridgeOf(algo.name);
  const label = { algo: algo.name };
  const all = past.answer(algo.name, 'positions')?.result;
  const today = past.answer(algo.name, 'profit')?.result;
  const start = typeof all?.profit === 'number' ? all.equity - all.profit : portfolio?.parameters?.starting_cash;
  const profit =
    typeof start === 'number' && typeof portfolio?.equity === 'number' ? portfolio.equity - start : undefined;
  const day =
    typeof today?.before === 'number' && typeof portfolio?.equity === 'number'
      ? portfolio.equity - today.before
      : undefined;
  const latency = bridge?.quantile('tickwire_bridge_order_latency_seconds', label, 0.5);
  return html`<dl class="figures wide">
    ${figure('equity', html`<span class="big">${money(portfolio?.equity)}</span>`)}
    ${figure('cash', money(portfolio?.cash))} ${figure('exposure', money(portfolio?.exposure))}
    ${figure('profit in all', html`<span class=${tone(profit)}>${signedMoney(profit)}</span> <small>${start ? signedPercent((profit ?? 0) / start) : ''}</small>`)}
    ${figure('profit today', html`<span class=${tone(day)}>${signedMoney(day)}</span>`)}
    ${figure('fees', money(portfolio?.fees))}
    ${figure('quotes per second', rate(bridge?.rate('tickwire_bridge_inputs_decided_total', { ...label, kind: 'quote' })))}
    ${figure('orders per second', rate(bridge?.rate('tickwire_bridge_orders_total', label)))}
    ${figure('quote to order', latency === undefined ? '–' : `≤ ${(latency * 1000).toLocaleString('en')} ms`)}
    ${figure('last quote', ageOf(quoteAge(algo, store)))}
  </dl>`;
}

/** @param {number | undefined} ms */
const ageOf = (ms) => (ms === undefined ? '–' : `${span(ms)} ago`);

/** @param {Algo} algo @param {Store} store */
function drawdownOf(algo, store) {
  const drawdown = store.serviceOf(algo.name)?.value('tickwire_algo_drawdown_ratio', { algo: algo.name });
  return drawdown === undefined ? nothing : html`<small>${percent(drawdown)} below its peak</small>`;
}

/** @param {Algo} algo @param {Store} store @param {Actions} actions */
function prices(algo, store, actions) {
  const all = instrumentsOf(algo, store);
  const current = chosen(algo, store, actions);
  const choose = (/** @type {Event} */ event) => {
    actions.ui.instruments.set(algo.name, /** @type {HTMLSelectElement} */ (event.target).value);
    actions.draw();
  };
  return html`<section aria-labelledby="prices">
    <h2 id="prices">Price and orders <small>▲ buy, ▼ sell, ● refused</small></h2>
    ${
      all.length > 1
        ? html`<label class="inline"
            >Instrument
            <select @change=${choose}>
              ${all.map((each) => html`<option value=${keyOf(each)} ?selected=${each === current}>${each.sid} on ${each.topic}</option>`)}
            </select></label
          >`
        : nothing
    }
    ${
      current
        ? html`<p class="number">
            <strong>${current.sid}</strong> ${money(Number(current.quote.quote))}
            <span class="muted">${time(current.at, store.now)} ${ZONE}, on ${current.topic}</span>
          </p>`
        : html`<p class="muted">No quote has come on its channels since this page was opened.</p>`
    }
    <div
      class="chart"
      data-chart="prices"
      role="img"
      aria-label="Prices of ${current?.sid ?? 'the instrument'} with the orders"
    ></div>
  </section>`;
}

/** @param {Algo} algo @param {Store} store */
const instrumentsOf = (algo, store) =>
  [...store.instruments.values()]
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .filter(() => channelsOf(algo).length > 0);

/** @param {import('../store.js').Instrument} instrument */
const keyOf = ({ topic, sid }) => `${sid} ${topic}`;

/** @param {Algo} algo @param {Store} store @param {Actions} actions */
function chosen(algo, store, { ui }) {
  const all = instrumentsOf(algo, store);
  return all.find((each) => keyOf(each) === ui.instruments.get(algo.name)) ?? all[0];
}

/** @param {Algo} algo @param {Actions} actions */
function positions(algo, actions) {
  const held = Object.entries(algo.portfolio?.positions ?? {});
  return html`<section aria-labelledby="positions">
    <h2 id="positions">Positions</h2>
    ${
      held.length === 0
        ? html`<p class="muted">None is held.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Table of positions">
            <table>
              <thead>
                <tr>
                  <th scope="col">instrument</th>
                  <th scope="col">quantity</th>
                  <th scope="col">average cost</th>
                  <th scope="col">price</th>
                  <th scope="col">value</th>
                  <th scope="col">profit</th>
                </tr>
              </thead>
              <tbody>
                ${held.map(positionRow)}
              </tbody>
            </table>
          </div>`
    }
    ${faultOf(algo, 'positions', actions)}
  </section>`;
}

/** @param {[string, any]} position */
function positionRow([sid, { quantity: units, average_cost: cost, price }]) {
  const profit = typeof price === 'number' ? units * (price - cost) : undefined;
  return html`<tr>
    <th scope="row">${sid}</th>
    <td class="number">${quantity(units)}</td>
    <td class="number">${money(cost)}</td>
    <td class="number">${money(price)}</td>
    <td class="number">${money(typeof price === 'number' ? units * price : undefined)}</td>
    <td class="number ${tone(profit)}">${signedMoney(profit)}</td>
  </tr>`;
}

/** @param {Algo} algo @param {Store} store */
function about(algo, store) {
  const { record, claim, portfolio } = algo;
  const service = store.serviceOf(algo.name);
  const bytes = service?.value('tickwire_algo_journal_bytes', { algo: algo.name });
  const rows = /** @type {[string, unknown][]} */ ([
    ['address', record?.address],
    ['algorithm', record?.algorithm],
    ['version', service?.message.version],
    ['channels', record?.channels?.join(', ')],
    ['served by', claim?.host ? `the bridge ${claim.instance} on ${claim.host}, process ${claim.pid}` : undefined],
    ['decisions', portfolio?.seq < IN_MEMORY ? portfolio.seq.toLocaleString('en') : undefined],
    [
      'journal',
      portfolio?.seq >= IN_MEMORY ? 'none: a restart begins anew' : bytes === undefined ? undefined : size(bytes),
    ],
    ...Object.entries(portfolio?.parameters ?? record?.parameters ?? {}).map(([name, value]) => [
      `parameter ${name}`,
      JSON.stringify(value),
    ]),
  ]);
  return html`<section aria-labelledby="about">
    <h2 id="about">About it</h2>
    <dl class="rows">
      ${rows
        .filter(([, value]) => value !== undefined && value !== null)
        .map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
    </dl>
  </section>`;
}

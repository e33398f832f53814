/** One algorithm: prices with its orders, equity, positions, and why each decision was made. */

import { html, nothing } from 'lit-html';

import { LineChart } from '../charts/line_chart.js';
import { PriceChart } from '../charts/price_chart.js';
import { money, percent, quantity, rate, signedMoney, signedPercent, span, time, ZONE } from '../format.js';
import { joined, secondsOf } from '../points.js';
import { profitInAll, profitToday } from '../profit.js';
import { quoteAge, standingsOf } from '../standing.js';
import { overlap } from '#shared/support/topic_filter.js';
import { about } from './about.js';
import { controls } from './controls.js';
import { decisions, ordersOf } from './decisions.js';
import { badgeWithReason, faultOf, figure, tone } from './parts.js';
import { refusals } from './refusals.js';

/** @typedef {import('../store.js').Algo} Algo */
/** @typedef {import('../store.js').Instrument} Instrument */
/** @typedef {import('../store.js').Store} Store */
/** @typedef {import('../main.js').Actions} Actions */

const NO_QUOTE = 'No quote has come on its channels since this page was opened.';

/** The filters of the quotes that the view of an algorithm draws. @param {Algo | undefined} algo @returns {string[]} */
export const channelsOf = (algo) =>
  (algo?.record?.channels ?? []).filter((/** @type {unknown} */ channel) => typeof channel === 'string').slice(0, 30);

/** @param {Algo} algo @param {Store} store @param {boolean} isLive @param {Actions} actions */
export function algorithm(algo, store, isLive, actions) {
  actions.past.want(algo.name);
  return html`
    <h1>${algo.name}</h1>
    ${standingsOf(algo, store).map(badgeWithReason)} ${controls(algo.name, store, isLive, actions)}
    ${figures(algo, store, actions)}
    <section aria-labelledby="equity">
      <h2 id="equity">Equity ${drawdownOf(algo, store)}</h2>
      <div class="chart" data-chart="equity" role="img" aria-label="Equity of ${algo.name} over time"></div>
      ${faultOf(algo, 'equity', actions)}
    </section>
    ${prices(algo, store, actions)} ${positions(algo, actions)} ${decisions(algo, store, actions)}
    ${refusals(algo, store, actions)} ${about(algo, store, actions)}
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
        const known = actions.past.answer(algo.name, `prices ${instrument.sid}`);
        const bars = withPast(instrument.bars, known?.result?.bars ?? []);
        const orders = ordersOf(algo, actions).filter(({ order }) => order.sid === instrument.sid);
        const version = [
          instrument.topic,
          instrument.sid,
          instrument.version,
          known?.at,
          orders.length,
          orders[0]?.order.id,
        ];
        /** @type {PriceChart} */ (chart).show(bars, orders.map(toMark).reverse(), version.join(' '));
      },
    },
  ];
}

/**
 * The bars of the journal, and then those that have come since.
 * @param {import('../points.js').Bar[]} bars
 * @param {number[][]} known
 */
function withPast(bars, known) {
  const first = bars[0]?.time ?? Infinity;
  const before = known
    .filter(([begin]) => begin < first)
    .map(([begin, open, high, low, value]) => ({ time: begin, open, high, low, value }));
  return [...before, ...bars];
}

/** @param {import('./decisions.js').Decided} decided @returns {import('../points.js').Mark} */
function toMark({ order, at }) {
  return {
    time: secondsOf(order.ts, at ?? 0),
    side: order.side,
    isRefused: order.quantity === 0,
  };
}

/** @param {Algo} algo @param {Actions} actions */
const equityPoints = (algo, { past }) => joined(past.answer(algo.name, 'equity')?.result?.points ?? [], algo.equity);

/** @param {Algo} algo @param {Store} store @param {Actions} actions */
function figures(algo, store, { past }) {
  const { portfolio } = algo;
  const bridge = store.bridgeOf(algo.name);
  const label = { algo: algo.name };
  const { start, profit } = profitInAll(algo, past);
  const day = profitToday(algo, past);
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
  const all = instrumentsOf(algo, store, actions);
  const current = chosen(algo, store, actions);
  if (current) actions.past.wantPrices(algo.name, current.sid);
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
              ${all.map((each) => html`<option value=${keyOf(each)} ?selected=${keyOf(each) === keyOf(current)}>${each.sid}${each.topic && ` on ${each.topic}`}</option>`)}
            </select></label
          >`
        : nothing
    }
    ${
      current
        ? html`<p class="number">
            <strong>${current.sid}</strong> ${current.topic ? money(current.price) : ''}
            <span class="muted"
              >${current.topic ? `${time(current.at, store.now)} ${ZONE}, on ${current.topic}` : NO_QUOTE}</span
            >
          </p>`
        : html`<p class="muted">${NO_QUOTE}</p>`
    }
    <div
      class="chart"
      data-chart="prices"
      role="img"
      aria-label="Prices of ${current?.sid ?? 'the instrument'} with the orders"
    ></div>
  </section>`;
}

/**
 * Those of the quotes that have come, then those that it holds or has traded, of which the service knows the past.
 * @param {Algo} algo @param {Store} store @param {Actions} actions @returns {Instrument[]}
 */
function instrumentsOf(algo, store, actions) {
  const channels = channelsOf(algo);
  const live = [...store.instruments.values()]
    .filter(({ topic }) => channels.some((channel) => overlap(channel, topic)))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const traded = ordersOf(algo, actions).map(({ order }) => order.sid);
  const known = new Set([...Object.keys(algo.portfolio?.positions ?? {}), ...traded]);
  const silent = [...known].filter((sid) => live.every((each) => each.sid !== sid));
  return [...live, ...silent.map((sid) => ({ sid, topic: '', at: 0, price: NaN, bars: [], version: 0 }))];
}

/** @param {Instrument | undefined} instrument */
const keyOf = (instrument) => (instrument ? `${instrument.sid} ${instrument.topic}` : '');

/** The one that was chosen, also if it was silent then. @param {Algo} algo @param {Store} store @param {Actions} actions */
function chosen(algo, store, actions) {
  const all = instrumentsOf(algo, store, actions);
  const key = actions.ui.instruments.get(algo.name);
  return all.find((each) => keyOf(each) === key) ?? all.find(({ sid }) => `${sid} ` === key) ?? all[0];
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
                  <th scope="col" class="number">quantity</th>
                  <th scope="col" class="number">average cost</th>
                  <th scope="col" class="number">price</th>
                  <th scope="col" class="number">value</th>
                  <th scope="col" class="number">profit</th>
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

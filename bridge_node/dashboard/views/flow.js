/** The pipeline as a drawing: sources → broker → routes → algorithms → outputs, with live numbers on the arrows. */

import { html, nothing } from 'lit-html';

import { rate, span, whole } from '../format.js';
import { linkTo } from '../router.js';
import { brokerStanding, partStanding, standingsOf } from '../standing.js';
import { badge } from './parts.js';

/** Parts that publish quotes, or what is made of them. */
const SOURCES = ['replay', 'live', 'indicators', 'bars'];
/** Parts that only read. */
const READERS = ['record', 'watch', 'notify'];

/** @typedef {import('../store.js').Store} Store */
/** @typedef {import('../standing.js').Standing} Standing */

/** @param {Store} store */
export function flow(store) {
  const algos = [...store.algos.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return html`<h1>Flow</h1>
    <div class="flow">
      <div class="flow-entry">
        ${sources(store)} ${arrow([quotesInto(store)])} ${box('Broker', brokerStanding(store), brokerFacts(store))}
      </div>
      <ol class="flow-routes">
        ${algos.length === 0 ? html`<li class="muted">No algorithm is known.</li>` : algos.map((algo) => route(algo, store))}
      </ol>
    </div>
    ${readers(store)}`;
}

/** @param {Store} store */
function sources(store) {
  const parts = SOURCES.flatMap((component) => store.partsOf(component));
  if (parts.length === 0) {
    return html`<div class="box off">
      <h2>Sources</h2>
      <p>None that tells of itself: <code>mosquitto_pub</code>, or any client.</p>
    </div>`;
  }
  return html`<ul class="flow-sources">
    ${parts.map((part) => {
      const lag = part.value('tickwire_feed_lag_seconds');
      const facts = store.isSilent(part)
        ? []
        : [
            `${rate(part.rate('tickwire_feed_quotes_published_total'))} quotes/s`,
            ...(lag === undefined ? [] : [`${span(lag * 1000)} behind`]),
          ];
      return html`<li>${box(`${part.message.component} ${part.message.name}`, partStanding(part, store), facts)}</li>`;
    })}
  </ul>`;
}

/** @param {Store} store */
function quotesInto(store) {
  const rates = SOURCES.flatMap((component) => store.partsOf(component))
    .filter((part) => !store.isSilent(part))
    .map((part) => part.rate('tickwire_feed_quotes_published_total'))
    .filter((value) => value !== undefined);
  return rates.length === 0 ? '' : `${rate(rates.reduce((sum, value) => sum + value, 0))} quotes/s`;
}

/** @param {Store} store */
function brokerFacts(store) {
  const dropped = store
    .partsOf('bridge')
    .map((part) => part.value('tickwire_bridge_broker_dropped_total') ?? 0)
    .reduce((sum, value) => sum + value, 0);
  return dropped > 0 ? [`${whole(dropped)} messages dropped`] : [];
}

/** @param {import('../store.js').Algo} algo @param {Store} store */
function route(algo, store) {
  const bridge = store.bridgeOf(algo.name);
  const label = { algo: algo.name };
  const waiting = bridge?.value('tickwire_bridge_queue_inputs', label);
  const call = bridge?.quantile('tickwire_bridge_call_seconds', label, 0.5);
  const whole50 = bridge?.quantile('tickwire_bridge_order_latency_seconds', label, 0.5);
  const isReady = bridge?.value('tickwire_bridge_backend_ready', label);
  const routeStanding = /** @type {Standing} */ (
    !bridge
      ? { level: 'off', word: 'not known', reason: 'no bridge tells of it' }
      : isReady
        ? { level: 'good', word: 'ready', reason: '' }
        : { level: 'bad', word: 'waiting', reason: 'its backend does not answer' }
  );
  return html`<li class="flow-route">
    ${arrow([`${rate(bridge?.rate('tickwire_bridge_inputs_received_total', label))} messages/s`])}
    ${box('Route', routeStanding, [waiting === undefined ? '' : `${whole(waiting)} waiting`])}
    ${arrow([call === undefined ? '' : `≤ ${milliseconds(call)} per call`, `${rate(bridge?.rate('tickwire_bridge_inputs_decided_total', label))} decided/s`])}
    ${box(html`<a href=${linkTo(algo.name)}>${algo.name}</a>`, standingsOf(algo, store)[0], [])}
    ${arrow([whole50 === undefined ? '' : `≤ ${milliseconds(whole50)} from quote to order`])}
    ${box('Outputs', outputStanding(store), [
      `${rate(bridge?.rate('tickwire_bridge_orders_total', label))} orders/s`,
      `${rate(bridge?.rate('tickwire_bridge_fills_total', label))} fills/s`,
    ])}
  </li>`;
}

/** Orders go back to the broker. @param {Store} store @returns {Standing} */
const outputStanding = (store) => ({
  ...brokerStanding(store),
  word: store.broker.connected ? 'published' : 'held back',
});

/** @param {number} seconds */
const milliseconds = (seconds) =>
  Number.isFinite(seconds) ? `${(seconds * 1000).toLocaleString('en')} ms` : 'more than the scale';

/** @param {unknown} title @param {Standing} standing @param {string[]} facts */
const box = (title, standing, facts) =>
  html`<div class="box ${standing.level}">
    <h2>${title}</h2>
    <p>${badge(standing)}</p>
    ${standing.reason ? html`<p>${standing.reason}</p>` : nothing}
    ${facts.filter(Boolean).map((fact) => html`<p class="number">${fact}</p>`)}
  </div>`;

/** @param {string[]} labels */
const arrow = (labels) =>
  html`<div class="arrow">
    ${labels.filter(Boolean).map((label) => html`<span class="number">${label}</span>`)}<span
      class="line"
      aria-hidden="true"
    ></span>
  </div>`;

/** @param {Store} store */
function readers(store) {
  const parts = READERS.flatMap((component) => store.partsOf(component));
  if (parts.length === 0) return nothing;
  return html`<section aria-labelledby="readers">
    <h2 id="readers">Readers</h2>
    <ul class="flow-sources">
      ${parts.map((part) => html`<li>${box(`${part.message.component} ${part.message.name}`, partStanding(part, store), [])}</li>`)}
    </ul>
  </section>`;
}

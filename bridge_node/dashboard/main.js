/** Starts the page: the token, the relay, and one draw per frame. */

import { html, nothing, render } from 'lit-html';

import { Asking } from './ask.js';
import { Backtests } from './backtests.js';
import { Charts } from './charts/charts.js';
import { time, ZONE } from './format.js';
import { Past } from './past.js';
import { Relay } from './relay.js';
import { placeOf } from './router.js';
import { brokerStanding } from './standing.js';
import { Store } from './store.js';
import { knownToken, shareToken, takeToken } from './token.js';
import { Ui } from './ui.js';
import { algorithm, channelsOf, chartsOf } from './views/algorithm.js';
import { backtest, backtestCharts } from './views/backtest.js';
import { dialog, showDialog } from './views/controls.js';
import { badge } from './views/parts.js';
import { flow } from './views/flow.js';
import { overview } from './views/overview.js';
import { tokenForm } from './views/token_form.js';

/** What every view is made of; a view of an algorithm adds its channels. */
const FILTERS = ['algos/+', 'bridges/+', 'portfolios/+', 'orders/+', 'fills/+', 'errors/+', 'replies/+', 'stats/+'];
/** ms for which it is said that quotes are left out. */
const LEFT_OUT_SHOWN = 3000;
/** ms for which a notice of the relay is shown. */
const NOTICE_SHOWN = 60_000;

takeToken();
const store = new Store();
const page = /** @type {HTMLElement} */ (document.getElementById('page'));
const url = new URL('mqtt', location.href.replace(/^http/, 'ws').replace(/#.*/, ''));
const relay = new Relay(url.href, await knownToken(), {
  onLink: (link) => {
    store.link = link;
    draw();
  },
  onHello: (hello) => {
    store.greet(hello);
    actions.past.forget();
    actions.backtests.forget();
    subscribe();
  },
  onBroker: (broker) => {
    store.broker = { ...broker, since: Date.now() };
    draw();
  },
  onMessages: (messages, leftOut) => {
    store.update(messages, leftOut);
    draw();
  },
  onError: (sentence) => {
    store.notice(sentence);
    draw();
  },
});
const asking = new Asking(relay, store);
const charts = new Charts();
/**
 * What views do besides being drawn.
 * @typedef {{asking: Asking, past: Past, backtests: Backtests, ui: Ui, draw: () => void}} Actions
 * @type {Actions}
 */
const actions = { asking, past: new Past(asking, draw), backtests: new Backtests(asking, draw), ui: new Ui(), draw };

/** Subscribe to what the present view needs. */
function subscribe() {
  const channels = channelsOf(shownAlgo());
  relay.subscribe([...FILTERS, `replies/+/${store.hello?.client ?? ''}`, ...channels]);
}

/** The algorithm of the present view. */
function shownAlgo() {
  const place = placeOf(location.hash);
  return place.view === 'algorithm' ? store.algos.get(place.name) : undefined;
}

let isDrawing = false;
/** Draw everything, once, in the next frame. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    subscribe();
    document.title = titleOf(placeOf(location.hash));
    render(whole(), page);
    const algo = shownAlgo();
    charts.sync(algo ? chartsOf(algo, store, actions) : backtestCharts(placeOf(location.hash), store, actions));
    showDialog();
  });
}

function whole() {
  const place = placeOf(location.hash);
  const isLive = store.isLive;
  return html`
    <header>
      <a class="brand" href="#/">Tickwire</a>
      <nav aria-label="Views">
        ${link('#/', 'Overview', place.view === 'overview')} ${link('#/flow', 'Flow', place.view === 'flow')}
        ${link('#/backtest', 'Backtest', place.view === 'backtest')}
      </nav>
      <p class="connection" role="status">${connection()}</p>
    </header>
    <main id="main" class=${isLive ? '' : 'stale'} tabindex="-1">
      ${isLive ? nothing : html`<p class="banner" role="alert">${staleSentence()}</p>`} ${notice()}
      ${view(place, isLive)}
    </main>
    ${dialog(actions)}
    <footer>
      <p>Times are in ${ZONE}, your time zone. ${leftOutSentence()}</p>
      <p>
        Charts: TradingView Lightweight Charts™, © 2025
        <a href="https://www.tradingview.com/" rel="noreferrer">TradingView, Inc.</a>
      </p>
    </footer>
  `;
}

/** @param {import('./router.js').Place} place @param {boolean} isLive */
function view(place, isLive) {
  if (store.link.state === 'refused') return tokenForm();
  const algo = shownAlgo();
  if (algo) return algorithm(algo, store, isLive, actions);
  if (place.view === 'algorithm') {
    return html`<h1>${place.name}</h1>
      <p>${store.hello ? 'No algorithm of this name is known.' : 'Not known yet.'}</p>`;
  }
  if (place.view === 'flow') return flow(store);
  if (place.view === 'backtest') return backtest(place, store, isLive, actions);
  return html`<h1 class="hidden">Overview</h1>
    ${overview(store, actions)}`;
}

/** What a tab, and the history, calls the view. @param {import('./router.js').Place} place */
function titleOf({ view: shown, name }) {
  const title = { overview: 'Overview', algorithm: name, flow: 'Flow', backtest: 'Backtest' }[shown];
  return `${title} - Tickwire`;
}

/** @param {string} href @param {string} text @param {boolean} isCurrent */
const link = (href, text, isCurrent) => html`<a href=${href} aria-current=${isCurrent ? 'page' : 'false'}>${text}</a>`;

function connection() {
  if (store.link.state !== 'open') return badge({ level: 'bad', word: 'not connected', reason: '' });
  const viewer = store.isViewer ? badge({ level: 'off', word: 'viewer', reason: '' }) : nothing;
  return html`${badge(brokerStanding(store))} <span class="muted">broker</span> ${viewer}`;
}

function staleSentence() {
  const { link: own, broker } = store;
  switch (own.state) {
    case 'connecting':
      return 'Connecting to the bridge …';
    case 'refused':
      return `The bridge does not let this page in: ${own.why} Open the address that it prints at its start, or give its token.`;
    case 'lost':
      return (
        `The connection to the bridge was lost at ${time(own.since, Date.now())} ${ZONE} (${own.why}).` +
        ' What you see is from before; connecting again …'
      );
    default:
      return `The bridge has no connection to the broker: ${broker.why}. What you see is from before.`;
  }
}

/** What the relay has refused, or could not do, for a while. */
function notice() {
  const last = store.notices.at(-1);
  if (!last || Date.now() - last.at > NOTICE_SHOWN) return nothing;
  return html`<p class="banner" role="status">${time(last.at, Date.now())}: ${last.text}.</p>`;
}

function leftOutSentence() {
  const { count, at } = store.leftOut;
  if (Date.now() - at > LEFT_OUT_SHOWN) return '';
  return `Quotes come faster than a page can show: of each instrument the latest is shown (${count.toLocaleString('en')} left out so far). Nothing else is left out.`;
}

addEventListener('hashchange', () => {
  // the address of a bridge that was started anew, in the tab of the old one
  if (takeToken()) location.reload();
  draw();
  document.getElementById('main')?.focus({ preventScroll: true });
  scrollTo(0, 0);
});
// not as a link: the address names the view
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main')?.focus();
});
// ages grow without a message
setInterval(draw, 1000);
shareToken(() => store.link.state === 'open');
relay.start();
draw();

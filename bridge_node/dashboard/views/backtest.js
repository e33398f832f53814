/** Backtests: choose one, watch it, see its report, compare some. */

import { html, nothing } from 'lit-html';

import { AskError } from '../ask.js';
import { whole } from '../format.js';
import { LineChart } from '../charts/line_chart.js';
import { LinesChart } from '../charts/lines_chart.js';
import { linkToRun } from '../router.js';
import { comparison, runName } from './backtest_compare.js';
import { form } from './backtest_form.js';
import { report } from './backtest_report.js';
import { badge } from './parts.js';

/** @typedef {import('../store.js').Store} Store */
/** @typedef {import('../main.js').Actions} Actions */
/** @typedef {import('../router.js').Place} Place */

const STATES = /** @type {Record<string, {level: 'good' | 'bad' | 'warn' | 'off', word: string}>} */ ({
  running: { level: 'warn', word: 'under way' },
  done: { level: 'good', word: 'done' },
  failed: { level: 'bad', word: 'failed' },
  cancelled: { level: 'off', word: 'cancelled' },
});

/** @param {Place} place @param {Store} store @param {boolean} isLive @param {Actions} actions */
export function backtest(place, store, isLive, actions) {
  const service = serviceOf(place, store, actions);
  if (!service) {
    return html`<h1>Backtest</h1>
      <p>${store.hello ? 'No algorithm is known: its service would run the backtest.' : 'Not known yet.'}</p>`;
  }
  const { backtests, ui } = actions;
  if (isLive) backtests.want(service, [place.run, ...ui.compared]);
  const known = backtests.of(service);
  const run = known.runs?.find((each) => each.run === place.run);
  return html`<h1>Backtest</h1>
    <p class="muted">Paper orders over history. Nothing here is advice, and past results promise nothing.</p>
    ${form(service, known.choices, store, isLive, actions)}
    ${known.fault ? html`<p class="banner" role="alert">${known.fault}</p>` : nothing}
    ${(known.runs ?? []).filter(({ state }) => state === 'running').map((each) => progress(service, each, isLive && !store.isViewer, actions))}
    ${runs(service, known.runs, store, place, actions)}
    ${run ? report(run, backtests.report(service, run), store) : gone(place, known.runs)}
    ${comparison(shownOf(service, actions))}`;
}

/**
 * @param {Place} place @param {Store} store @param {Actions} actions
 * @returns {import('../charts/charts.js').Wanted[]}
 */
export function backtestCharts(place, store, actions) {
  const service = place.view === 'backtest' && serviceOf(place, store, actions);
  if (!service) return [];
  const run = actions.backtests.of(service).runs?.find((each) => each.run === place.run);
  const found = run && actions.backtests.report(service, run);
  const compared = shownOf(service, actions);
  /** @param {string} name @param {import('../charts/line_chart.js').Point[]} points */
  const line = (name, points) => ({
    name,
    make: (/** @type {HTMLElement} */ element) => new LineChart(element),
    show: (/** @type {LineChart} */ chart) => chart.show(points),
  });
  return [
    line('backtest-equity', found?.equity ?? []),
    line('backtest-drawdown', found?.drawdown ?? []),
    {
      name: 'backtest-compared',
      make: (element) => new LinesChart(element),
      show: (chart) =>
        /** @type {LinesChart} */ (chart).show(
          compared.map((each) => ({ name: `run ${each.run.run}`, points: each.found.equity })),
          compared.map((each) => `${each.run.run} ${each.run.at}`).join(),
        ),
    },
  ];
}

/** The one that runs them. @param {Place} place @param {Store} store @param {Actions} actions */
function serviceOf(place, store, { ui }) {
  const names = [...store.algos.keys()];
  return place.name || (names.includes(ui.service) ? ui.service : names[0]);
}

/** The runs that are compared and whose reports are there. @param {string} service @param {Actions} actions */
function shownOf(service, { backtests, ui }) {
  return (backtests.of(service).runs ?? [])
    .filter((run) => ui.compared.has(run.run))
    .map((run) => ({ run, found: backtests.report(service, run) }))
    .filter(/** @returns {each is {run: any, found: import('../backtests.js').Report}} */ (each) => Boolean(each.found))
    .reverse();
}

/** @param {string} service @param {any} run @param {boolean} mayCancel @param {Actions} actions */
function progress(service, run, mayCancel, { backtests, ui, draw }) {
  const { quotes, total } = run;
  const told = total ? `${whole(quotes)} of ${whole(total)} quotes` : `${whole(quotes)} quotes read`;
  const cancel = async () => {
    try {
      await backtests.cancel(service, run.run);
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      ui.formFault = error.message;
    }
    draw();
  };
  return html`<section aria-labelledby="progress" class="progress">
    <h2 id="progress">Under way: ${runName(run)}</h2>
    <progress
      aria-labelledby="progress"
      aria-valuetext=${told}
      max=${total ?? 1}
      value=${total ? quotes : nothing}
    ></progress>
    <p class="number">${told}</p>
    <button type="button" data-cancel ?disabled=${!mayCancel} @click=${cancel}>Cancel</button>
  </section>`;
}

/** @param {Place} place @param {any[] | null} known */
function gone(place, known) {
  if (!place.run || !known) return nothing;
  return html`<p>Run ${place.run} is not known here: a service remembers its last 20, until it ends.</p>`;
}

/** @param {string} service @param {any[] | null} known @param {Store} store @param {Place} place @param {Actions} actions */
function runs(service, known, store, place, { ui, draw }) {
  const compare = (/** @type {number} */ run) => (/** @type {Event} */ event) => {
    if (/** @type {HTMLInputElement} */ (event.target).checked) ui.compared.add(run);
    else ui.compared.delete(run);
    draw();
  };
  /** @param {any} run */
  const row = (run) => {
    const state = STATES[run.state] ?? { level: 'off', word: run.state };
    return html`<tr data-run=${run.run}>
      <td>
        <input
          type="checkbox"
          aria-label="Compare run ${run.run}"
          .checked=${ui.compared.has(run.run)}
          ?disabled=${run.state !== 'done'}
          @change=${compare(run.run)}
        />
      </td>
      <th scope="row">
        <a href=${linkToRun(service, run.run)} aria-current=${run.run === place.run ? 'page' : 'false'}
          >run ${run.run}</a
        >
      </th>
      <td>${run.algo}</td>
      <td>${run.data}</td>
      <td>${badge({ ...state, reason: '' })}</td>
      <td class="wrap">${run.text ?? paramsOf(run)}</td>
    </tr>`;
  };
  if (!known || known.length === 0) return nothing;
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Runs <small>choose two or more to compare them</small></h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Table of runs">
      <table>
        <thead>
          <tr>
            <th scope="col">compare</th>
            <th scope="col">run</th>
            <th scope="col">algorithm</th>
            <th scope="col">data</th>
            <th scope="col">state</th>
            <th scope="col">parameters, or why there is no report</th>
          </tr>
        </thead>
        <tbody>
          ${known.map(row)}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** What was given. @param {any} run */
function paramsOf({ params, from, to, bars }) {
  const all = { ...params, ...(from && { from }), ...(to && { to }), ...(bars && { bars }) };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

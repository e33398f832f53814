/** Two or more runs beside each other. */

import { html, nothing } from 'lit-html';

/** @param {any} run */
export const runName = ({ run, algo, data }) => `run ${run}, ${algo} on ${data}`;

/** @param {{run: any, found: import('../backtests.js').Report}[]} compared */
export function comparison(compared) {
  if (compared.length < 2) return nothing;
  const [first] = compared;
  const names = /** @type {[string, string][]} */ (first.found.report.rows);
  const parameters = [...new Set(compared.flatMap(({ found }) => Object.keys(found.report.parameters)))];
  return html`<section aria-labelledby="compared">
    <h2 id="compared">Compared</h2>
    <div
      class="chart"
      data-chart="backtest-compared"
      role="img"
      aria-label="Equity of the runs that are compared"
    ></div>
    <div class="scroll" tabindex="0" role="region" aria-label="Table of the comparison">
      <table data-compared>
        <thead>
          <tr>
            <th scope="col">figure</th>
            ${compared.map(({ run }) => html`<th scope="col" class="number">${runName(run)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${names.map(([name, words]) => figureRow(name, words, compared))}
          ${parameters.map((name) => parameterRow(name, compared))}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** @param {string} name @param {string} words @param {{run: any, found: import('../backtests.js').Report}[]} compared */
function figureRow(name, words, compared) {
  const cells = compared.map(({ found }) => found.report.rows.find((/** @type {string[]} */ [each]) => each === name));
  return html`<tr data-figure=${name}>
    <th scope="row">${words}</th>
    ${cells.map((cell) => html`<td class="number">${cell?.[2] ?? '–'}</td>`)}
  </tr>`;
}

/** @param {string} name @param {{run: any, found: import('../backtests.js').Report}[]} compared */
function parameterRow(name, compared) {
  const values = compared.map(({ found }) => found.report.parameters[name]);
  if (values.every((value) => value === values[0])) return nothing;
  return html`<tr>
    <th scope="row">parameter ${name}</th>
    ${values.map((value) => html`<td class="number">${value === undefined ? '–' : String(value)}</td>`)}
  </tr>`;
}

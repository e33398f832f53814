/** What several views draw alike. */

import { html, nothing, svg } from 'lit-html';

/** A mark that tells a level without its colour, too. */
const MARKS = { bad: '✖', warn: '▲', good: '●', off: '○' };

/** @param {import('../standing.js').Standing} standing */
export const badge = ({ level, word }) =>
  html`<span class="badge ${level}"><span aria-hidden="true">${MARKS[level]}</span> ${word}</span>`;

/** @param {import('../standing.js').Standing} standing */
export const badgeWithReason = (standing) =>
  html`<p class="standing">${badge(standing)} ${standing.reason ? html`<span>${standing.reason}</span>` : nothing}</p>`;

/**
 * The sign decides the colour, and is shown.
 * @param {number | null | undefined} value
 */
export const tone = (value) => (typeof value !== 'number' || value === 0 ? '' : value > 0 ? 'gain' : 'loss');

const WIDTH = 160;
const HEIGHT = 36;

/** The lines that are drawn, by their points. @type {WeakMap<[number, number][], string>} */
const paths = new WeakMap();

/**
 * A small line without axes.
 * @param {[number, number][]} points  which stay as they are
 * @param {string} label  what it shows, for those who cannot see it
 */
export function sparkline(points, label) {
  if (points.length < 2) return html`<span class="muted">not enough yet</span>`;
  const path = paths.get(points) ?? pathOf(points);
  paths.set(points, path);
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    ${svg`<polyline points=${path} />`}
  </svg>`;
}

/** @param {[number, number][]} points */
function pathOf(points) {
  const step = Math.max(1, Math.floor(points.length / WIDTH));
  const shown = points.filter((_, n) => n % step === 0 || n === points.length - 1);
  const values = shown.map(([, value]) => value);
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const [[first], [last]] = [shown[0], shown[shown.length - 1]];
  const length = last - first || 1;
  return shown
    .map(([at, value]) => {
      const x = ((at - first) / length) * WIDTH;
      const y = HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

/** @param {string} name @param {unknown} value */
export const figure = (name, value) =>
  html`<div>
    <dt>${name}</dt>
    <dd class="number">${value}</dd>
  </div>`;

/**
 * Why the answer to a question about the past is missing, if it is.
 * @param {import('../store.js').Algo} algo
 * @param {string} query
 * @param {import('../main.js').Actions} actions
 */
export function faultOf(algo, query, { past }) {
  const fault = past.answer(algo.name, query)?.fault;
  return fault ? html`<p class="muted">What was before this page was opened is not shown: ${fault}</p>` : nothing;
}

/** Several lines over one axis of time, to compare them. */

import { LineSeries } from 'lightweight-charts';

import { makeChart } from './chart.js';

const COLOURS = ['accent', 'loss', 'gain', 'muted'];
/** Solid, dotted, dashed, long dashes: the colour is not all that tells lines apart. */
const STYLES = 4;

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {import('./line_chart.js').Point[]} points  in the order of time
 */

export class LinesChart {
  #made;
  /** @type {any[]} */
  #series = [];
  #version = '';
  /** @type {Record<string, string>} */
  #colours = {};

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#made = makeChart(element, (colours) => this.#paint(colours));
  }

  /** @param {Line[]} lines @param {string} version  of them: what was drawn is not drawn again */
  show(lines, version) {
    if (version === this.#version) return;
    this.#version = version;
    const { chart } = this.#made;
    for (const series of this.#series) chart.removeSeries(series);
    this.#series = lines.map(({ name, points }, n) => {
      const series = chart.addSeries(LineSeries, { title: name, lineWidth: 2, lineStyle: n % STYLES });
      const byTime = new Map(points.map(([time, value]) => [time, value]));
      const bars = [...byTime].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }));
      series.setData(/** @type {any} */ (bars));
      return series;
    });
    this.#paint(this.#colours);
    chart.timeScale().fitContent();
  }

  remove() {
    this.#made.remove();
  }

  /** @param {Record<string, string>} colours */
  #paint(colours) {
    this.#colours = colours;
    for (const [n, series] of this.#series?.entries() ?? []) {
      series.applyOptions({ color: colours[COLOURS[n % COLOURS.length]], priceLineVisible: false });
    }
  }
}

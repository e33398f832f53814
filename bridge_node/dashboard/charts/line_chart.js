/** A line that grows: equity over time. */

import { AreaSeries } from 'lightweight-charts';

import { makeChart } from './chart.js';

/** @typedef {[seconds: number, value: number]} Point */

export class LineChart {
  #made;
  #series;
  /** What is drawn. @type {Point[]} */
  #points = [];

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#made = makeChart(element, (colours) => this.#paint(colours));
    this.#series = this.#made.chart.addSeries(AreaSeries, { lineWidth: 2, priceLineVisible: false });
    this.#paint();
  }

  /**
   * Draw these; what was drawn before and is the same is not drawn again.
   * @param {Point[]} points  in the order of time
   */
  show(points) {
    const last = points.at(-1);
    const drawn = this.#points.at(-1);
    if (last === drawn && points.length === this.#points.length) return;
    const isLonger = drawn && points.at(-2) === drawn && points.length === this.#points.length + 1;
    if (isLonger && last && last[0] > drawn[0]) this.#series.update(toBar(last));
    else {
      this.#series.setData(ascending(points).map(toBar));
      this.#made.chart.timeScale().fitContent();
    }
    this.#points = [...points];
  }

  remove() {
    this.#made.remove();
  }

  /** @type {Record<string, string>} */
  #colours = {};

  /** @param {Record<string, string>} [colours] */
  #paint(colours = this.#colours) {
    this.#colours = colours;
    this.#series?.applyOptions({
      lineColor: colours.accent,
      topColor: `${colours.accent}44`,
      bottomColor: `${colours.accent}08`,
    });
  }
}

/** @param {Point} point @returns {any} */
const toBar = ([time, value]) => ({ time, value });

/** Points whose times rise, as the chart needs them. @param {Point[]} points */
function ascending(points) {
  const kept = /** @type {Point[]} */ ([]);
  for (const point of points) {
    const last = kept.at(-1);
    if (!last || point[0] > last[0]) kept.push(point);
    else if (point[0] === last[0]) kept[kept.length - 1] = point;
  }
  return kept;
}

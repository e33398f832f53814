/** The price of one instrument, as a line or as candles, with the orders on it. */

import { CandlestickSeries, createSeriesMarkers, LineSeries } from 'lightweight-charts';

import { makeChart } from './chart.js';

/** @typedef {import('../points.js').Bar} Bar */
/** @typedef {import('../points.js').Mark} Mark */

export class PriceChart {
  #made;
  /** @type {any} */
  #series;
  /** @type {any} */
  #markers;
  #isCandles = false;
  #version = '';
  /** @type {Record<string, string>} */
  #colours = {};

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#made = makeChart(element, (colours) => this.#paint(colours));
  }

  /**
   * @param {Bar[]} bars  whose times rise
   * @param {Mark[]} marks  whose times do not fall
   * @param {string} version  of both: what was drawn is not drawn again
   */
  show(bars, marks, version) {
    if (version === this.#version || bars.length === 0) return;
    const isCandles = bars.every(
      ({ open, high, low }) => open !== undefined && high !== undefined && low !== undefined,
    );
    if (!this.#series || isCandles !== this.#isCandles) this.#begin(isCandles);
    this.#version = version;
    this.#series.setData(
      isCandles ? bars.map(({ time, open, high, low, value }) => ({ time, open, high, low, close: value })) : bars,
    );
    this.#markers.setMarkers(marks.filter(({ time }) => time >= bars[0].time).map((mark) => this.#toMarker(mark)));
  }

  remove() {
    this.#made.remove();
  }

  /** @param {boolean} isCandles */
  #begin(isCandles) {
    if (this.#series) this.#made.chart.removeSeries(this.#series);
    this.#isCandles = isCandles;
    const kind = isCandles ? CandlestickSeries : LineSeries;
    this.#series = this.#made.chart.addSeries(/** @type {any} */ (kind), { priceLineVisible: false });
    this.#markers = createSeriesMarkers(this.#series, []);
    this.#paint(this.#colours);
  }

  /** @param {Record<string, string>} colours */
  #paint(colours) {
    this.#colours = colours;
    this.#version = ''; // the marks have colours, too
    const { gain, loss, accent } = colours;
    this.#series?.applyOptions(
      this.#isCandles
        ? { upColor: gain, downColor: loss, wickUpColor: gain, wickDownColor: loss, borderVisible: false }
        : { color: accent, lineWidth: 2 },
    );
  }

  /** A shape for each side, so that the colour is not all that tells them apart. @param {Mark} mark */
  #toMarker({ time, side, isRefused }) {
    const { gain, loss, muted } = this.#colours;
    return {
      time,
      position: side === 'buy' ? 'belowBar' : 'aboveBar',
      shape: isRefused ? 'circle' : side === 'buy' ? 'arrowUp' : 'arrowDown',
      color: isRefused ? muted : side === 'buy' ? gain : loss,
    };
  }
}

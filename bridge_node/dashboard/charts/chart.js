/** What all charts have in common: size, colours, and the axis of time. */

import { createChart } from 'lightweight-charts';

import { palette } from './palette.js';

/**
 * @param {HTMLElement} element  in which it is drawn; its size decides that of the chart
 * @param {(colours: Record<string, string>) => void} paint  called now and whenever light turns to dark, or back
 */
export function makeChart(element, paint) {
  const chart = createChart(element, {
    autoSize: true,
    // its logo would need a style that the policy of the page refuses; the footer has the link
    layout: { attributionLogo: false, fontFamily: 'system-ui, sans-serif' },
    timeScale: { timeVisible: true, secondsVisible: true, borderVisible: false, tickMarkFormatter: shownTick },
    rightPriceScale: { borderVisible: false },
    handleScale: { mouseWheel: false }, // the page scrolls; pinching, and dragging of an axis, scale
    localization: { locale: navigator.language, timeFormatter: shownTime },
  });
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const colours = palette();
    chart.applyOptions({
      layout: { background: { color: 'transparent' }, textColor: colours.muted },
      grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
    });
    paint(colours);
  };
  apply();
  scheme.addEventListener('change', apply);
  return {
    chart,
    remove: () => {
      scheme.removeEventListener('change', apply);
      chart.remove();
    },
  };
}

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const YEAR = new Intl.DateTimeFormat(undefined, { year: 'numeric' });
const MONTH = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric' });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
/** Of lightweight-charts: what a tick stands for. */
const TICKS = [YEAR, MONTH, DAY, CLOCK, CLOCK];

/** @param {any} seconds  in the viewer's zone, as all times of the page */
const shownTime = (seconds) => FULL.format(seconds * 1000);

/** @param {any} seconds @param {number} kind */
const shownTick = (seconds, kind) => (TICKS[kind] ?? CLOCK).format(seconds * 1000);

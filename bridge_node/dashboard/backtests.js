/** The backtests of algorithm services: they are asked for while their view is open. */

import { AskError } from './ask.js';

/** ms after which what can be chosen is asked for again. */
const CHOICES_AGE = 60_000;
/** The same of the runs, while one is under way, and while none is. */
const PACE = 500;
const IDLE_PACE = 10_000;

/** @typedef {[seconds: number, value: number]} Point */

/**
 * @typedef {object} Report
 * @property {any} report  as it came
 * @property {Point[]} equity
 * @property {Point[]} drawdown  in percent, 0 or below
 */

/** Those of one service. */
class Known {
  /** @type {any} */
  choices = null;
  choicesAt = 0;
  /** The newest first; null while they are not known. @type {any[] | null} */
  runs = null;
  runsAt = 0;
  /** By run. @type {Map<string, Report>} */
  reports = new Map();
  /** Why the latest question has no answer. */
  fault = '';
  isAsking = false;
}

export class Backtests {
  #asking;
  #changed;
  /** @type {Map<string, Known>} */
  #known = new Map();

  /**
   * @param {import('./ask.js').Asking} asking
   * @param {() => void} changed  called when an answer has come
   */
  constructor(asking, changed) {
    this.#asking = asking;
    this.#changed = changed;
  }

  /** @param {string} service */
  of(service) {
    const known = this.#known.get(service) ?? new Known();
    this.#known.set(service, known);
    return known;
  }

  /** @param {string} service @param {any} run */
  report(service, run) {
    return this.of(service).reports.get(keyOf(run));
  }

  /**
   * Ask what is not known, or too old; call it with each draw of the view.
   * @param {string} service
   * @param {number[]} wanted  the runs whose reports are shown
   */
  want(service, wanted) {
    const known = this.of(service);
    if (known.isAsking) return;
    const next = this.#next(known, wanted);
    if (!next) return;
    known.isAsking = true;
    // one question at a time: the bridge takes few
    void this.#ask(service, known, next).finally(() => {
      known.isAsking = false;
      this.#changed();
    });
  }

  /**
   * Begin one.
   * @param {string} service
   * @param {object} options
   * @returns {Promise<number>} its number
   * @throws {AskError} if it is refused
   */
  async begin(service, options) {
    const { run } = await this.#asking.query(service, 'backtest', options);
    this.of(service).runsAt = 0;
    return run;
  }

  /** @param {string} service @param {number} run @throws {AskError} */
  async cancel(service, run) {
    await this.#asking.query(service, 'backtest_cancel', { run });
    this.of(service).runsAt = 0;
  }

  /** Ask for everything again: there was no connection for a while. */
  forget() {
    for (const known of this.#known.values()) known.choicesAt = known.runsAt = 0;
  }

  /** @param {Known} known @param {number[]} wanted @returns {{query: string, run?: any} | undefined} */
  #next(known, wanted) {
    const now = Date.now();
    const runs = known.runs ?? [];
    const pace = runs.some(({ state }) => state === 'running') ? PACE : IDLE_PACE;
    if (now - known.runsAt > pace) return { query: 'backtests' };
    if (now - known.choicesAt > CHOICES_AGE) return { query: 'backtest_choices' };
    const run = runs.find(
      (each) => wanted.includes(each.run) && each.state === 'done' && !known.reports.has(keyOf(each)),
    );
    return run && { query: 'backtest_result', run };
  }

  /** @param {string} service @param {Known} known @param {{query: string, run?: any}} next */
  async #ask(service, known, { query, run }) {
    const now = Date.now();
    if (query === 'backtests') known.runsAt = now;
    if (query === 'backtest_choices') known.choicesAt = now;
    try {
      const result = await this.#asking.query(service, query, run ? { run: run.run } : {});
      known.fault = '';
      if (run) known.reports.set(keyOf(run), readReport(result.report));
      else if (query === 'backtest_choices') known.choices = result;
      else takeRuns(known, result.runs);
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      known.fault = error.message;
      if (run) known.runsAt = 0; // it may have been forgotten
    }
  }
}

/** A service that was started again counts from 1 again. @param {any} run */
const keyOf = ({ run, at }) => `${run} ${at}`;

/** @param {Known} known @param {any[]} runs */
function takeRuns(known, runs) {
  known.runs = runs;
  const keys = new Set(runs.map(keyOf));
  for (const key of known.reports.keys()) if (!keys.has(key)) known.reports.delete(key);
}

/** @param {any} report @returns {Report} */
function readReport(report) {
  /** @param {(point: number[]) => number} value @returns {Point[]} */
  const line = (value) => report.points.map((/** @type {number[]} */ point) => [Math.floor(point[0]), value(point)]);
  return { report, equity: line(([, equity]) => equity), drawdown: line(([, , drawdown]) => drawdown * 100) };
}

/** What the person has chosen on this page; the store knows nothing of it. */

/**
 * @typedef {'halt' | 'resume' | 'reset' | 'flatten' | 'swap'} CommandName
 * @typedef {object} Asked  a command that the person is asked about once
 * @property {string} algo
 * @property {CommandName} command
 * @property {'asking' | 'sending' | 'answered'} state
 * @property {string} [text]  of the reply, or why there is none
 * @property {'good' | 'bad' | 'warn'} [level]  of the reply
 */

import { emptyForm } from './backtest_form.js';

const NAME = 'tickwire-by';

export class Ui {
  /** Of a backtest. */
  form = emptyForm();
  /** Why the form began none, a sentence. */
  formFault = '';
  isBeginning = false;
  /** The algorithm whose service runs backtests; empty for the first one. */
  service = '';
  /** The runs that are compared. @type {Set<number>} */
  compared = new Set();
  /** The instrument that is drawn, by algorithm. @type {Map<string, string>} */
  instruments = new Map();
  /** @type {Asked | null} */
  asked = null;

  /** Choose the service that runs backtests. @param {string} service */
  choose(service) {
    this.service = service;
    this.form = emptyForm();
    this.formFault = '';
    this.compared.clear();
  }

  /** Who sends commands from here, as the person has written it once. */
  get by() {
    return localStorage.getItem(NAME) ?? 'dashboard';
  }

  set by(name) {
    localStorage.setItem(NAME, name);
  }
}

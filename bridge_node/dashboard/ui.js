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

const NAME = 'tickwire-by';

export class Ui {
  /** The instrument that is drawn, by algorithm. @type {Map<string, string>} */
  instruments = new Map();
  /** @type {Asked | null} */
  asked = null;

  /** Who sends commands from here, as the person has written it once. */
  get by() {
    return localStorage.getItem(NAME) ?? 'dashboard';
  }

  set by(name) {
    localStorage.setItem(NAME, name);
  }
}

/** Commands: each is asked about once, and its reply is shown. */

import { html, nothing } from 'lit-html';

import { AskError } from '../ask.js';
import { badge } from './parts.js';

/** @typedef {import('../ui.js').CommandName} CommandName */
/** @typedef {import('../main.js').Actions} Actions */

/** @type {Record<CommandName, {button: string, question: (algo: string) => string, does: string, asksReason: boolean}>} */
const COMMANDS = {
  halt: {
    button: 'Halt …',
    question: (algo) => `Halt the buying of ${algo}?`,
    does: 'It buys nothing until somebody resumes it. Buys that wait are cancelled; sales go on.',
    asksReason: true,
  },
  resume: {
    button: 'Resume …',
    question: (algo) => `Resume the buying of ${algo}?`,
    does: "A person's halt ends. The stop of a limit stays in force.",
    asksReason: false,
  },
  reset: {
    button: 'Reset limits …',
    question: (algo) => `End the stop of a limit of ${algo}?`,
    does: "The limits begin anew. A person's halt stays in force.",
    asksReason: false,
  },
  flatten: {
    button: 'Flatten …',
    question: (algo) => `Sell all that ${algo} holds?`,
    does: 'It is halted, and each position is sold at its next trusted quote.',
    asksReason: true,
  },
  swap: {
    button: 'Swap …',
    question: (algo) => `Hand ${algo} over to another service?`,
    does: 'To a standby with the same journal, or, if it says what becomes of the positions, to another algorithm.',
    asksReason: true,
  },
};
const NAMES = /** @type {CommandName[]} */ (Object.keys(COMMANDS));

/**
 * @param {string} algo @param {import('../store.js').Store} store @param {boolean} isLive
 * @param {Actions} actions
 */
export function controls(algo, store, isLive, actions) {
  const ask = (/** @type {CommandName} */ command) => () => {
    actions.ui.asked = { algo, command, state: 'asking' };
    actions.draw();
  };
  return html`<div
      class="controls"
      role="group"
      aria-label="Controls of ${algo}"
      aria-describedby=${store.isViewer ? 'viewer' : nothing}
    >
      ${NAMES.map(
        (name) =>
          html`<button type="button" ?disabled=${!isLive || store.isViewer} data-command=${name} @click=${ask(name)}>
            ${COMMANDS[name].button}
          </button>`,
      )}
    </div>
    ${viewerSentence(store)}`;
}

/** Why a viewer cannot press a button. @param {import('../store.js').Store} store */
export function viewerSentence(store) {
  if (!store.isViewer) return nothing;
  return html`<p id="viewer" class="muted">
    You look on as a viewer: commands and backtests need the token of an operator.
  </p>`;
}

/** The question about a command, and its reply: a modal dialog. @param {Actions} actions */
export function dialog(actions) {
  const { asked } = actions.ui;
  if (!asked) return nothing;
  const about = COMMANDS[asked.command];
  const ended = () => {
    actions.ui.asked = null;
    actions.draw();
  };
  // so that the browser gives the focus back to the button that it came from
  const close = (/** @type {Event} */ { target }) => /** @type {Element} */ (target).closest('dialog')?.close();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void send(new FormData(/** @type {HTMLFormElement} */ (event.target)), actions);
  };
  return html`<dialog aria-labelledby="question" @close=${ended}>
    <form @submit=${submit}>
      <h2 id="question">${about.question(asked.algo)}</h2>
      <p>${about.does}</p>
      ${asked.state === 'asking' ? fields(asked.command, actions) : nothing}
      <p role="status">${statusOf(asked)}</p>
      <div class="controls">
        ${
          asked.state === 'asking'
            ? html`<button type="submit" class="primary">${about.button.replace(' …', '')}</button>`
            : nothing
        }
        <button type="button" @click=${close}>${asked.state === 'answered' ? 'Close' : 'Cancel'}</button>
      </div>
    </form>
  </dialog>`;
}

/** @param {CommandName} command @param {Actions} actions */
function fields(command, { ui }) {
  return html`
    ${
      command === 'swap'
        ? html`<label>Address of the new service <input name="to" required placeholder="tcp://127.0.0.1:4243" /></label>
            <label
              >Positions
              <select name="positions">
                <option value="">go on with the same journal</option>
                <option value="keep">another algorithm keeps them</option>
                <option value="flatten">are sold first</option>
              </select></label
            >`
        : nothing
    }
    ${COMMANDS[command].asksReason ? html`<label>Why <input name="reason" maxlength="1000" autofocus /></label>` : nothing}
    <label>Who asks, for the journal <input name="by" required maxlength="256" .value=${ui.by} /></label>
  `;
}

/** @param {import('../ui.js').Asked} asked */
function statusOf({ state, text, level }) {
  if (state === 'sending') return 'Sent; waiting for the reply …';
  return level ? html`${badge({ level, word: level === 'good' ? 'done' : 'not done', reason: '' })} ${text}` : '';
}

/** @param {FormData} data @param {Actions} actions */
async function send(data, actions) {
  const { ui, asking, draw } = actions;
  const { asked } = ui;
  if (!asked || asked.state !== 'asking') return;
  const given = Object.fromEntries([...data].filter(([, value]) => value !== ''));
  ui.by = String(given.by);
  asked.state = 'sending';
  draw();
  try {
    const reply = await asking.command(asked.algo, { ...given, command: asked.command, by: ui.by });
    asked.text = reply.text;
    asked.level = reply.outcome === 'refused' ? 'bad' : reply.outcome === 'unchanged' ? 'warn' : 'good';
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    asked.text = error.message;
    asked.level = 'bad';
  }
  asked.state = 'answered';
  draw();
}

/** Have the browser show the dialog above everything, and keep the keyboard in it. */
export function showDialog() {
  const element = document.querySelector('dialog');
  if (!element) return;
  if (!element.open) element.showModal();
  // the field, or the button, that had the focus is gone once the command is sent
  if (!element.contains(document.activeElement)) element.querySelector('button')?.focus();
}

/** The form that begins a backtest. */

import { html, nothing } from 'lit-html';

import { AskError } from '../ask.js';
import { optionsOf } from '../backtest_form.js';
import { linkToRun } from '../router.js';
import { viewerSentence } from './controls.js';

/** @typedef {import('../main.js').Actions} Actions */
/** @typedef {'data' | 'from' | 'to' | 'bars' | 'others'} Field */

/**
 * @param {string} service @param {any} choices @param {import('../store.js').Store} store
 * @param {boolean} isLive @param {Actions} actions
 */
export function form(service, choices, store, isLive, actions) {
  const { ui, draw } = actions;
  if (!choices) return html`<p class="muted">What can be chosen is asked for …</p>`;
  const algo = choices.algos.find((/** @type {any} */ { name }) => name === ui.form.algo) ?? choices.algos[0];
  const services = [...store.algos.keys()];
  const choose = (/** @type {(value: string) => void} */ take) => (/** @type {Event} */ event) => {
    take(/** @type {HTMLSelectElement} */ (event.target).value);
    draw();
  };
  const chooseService = choose((name) => {
    ui.choose(name);
    location.hash = '#/backtest';
  });
  const chooseAlgo = choose((name) => {
    ui.form.algo = name;
    ui.form.params = {};
    ui.form.others = '';
  });
  const write = (/** @type {Field} */ field) => (/** @type {Event} */ event) => {
    ui.form[field] = /** @type {HTMLInputElement} */ (event.target).value;
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void begin(service, algo.name, actions);
  };
  /** @param {Field} field @param {string} words @param {string} example */
  const text = (field, words, example) =>
    html`<label
      >${words}
      <input name=${field} placeholder=${example} maxlength="128" .value=${ui.form[field]} @input=${write(field)}
    /></label>`;
  return html`<form class="backtest" aria-label="A backtest" @submit=${submit}>
    <div class="fields">
      ${
        services.length > 1
          ? html`<label
              >Run by the service of
              <select name="service" @change=${chooseService}>
                ${services.map((name) => html`<option value=${name} ?selected=${name === service}>${name}</option>`)}
              </select></label
            >`
          : nothing
      }
      <label
        >Algorithm
        <select name="algo" @change=${chooseAlgo}>
          ${choices.algos.map(
            (/** @type {any} */ { name }) =>
              html`<option value=${name} ?selected=${name === algo.name}>
                ${name}${name === choices.algos[0].name ? ', as it runs here' : ''}
              </option>`,
          )}
        </select></label
      >
      <label
        >Data
        <select name="data" @change=${write('data')}>
          <optgroup label="Samples">
            ${choices.samples.map(
              (/** @type {any} */ each) =>
                html`<option value=${each.name} ?selected=${each.name === ui.form.data}>
                  ${each.name}: ${each.about}, ${each.first} to ${each.last}
                </option>`,
            )}
          </optgroup>
          ${
            choices.files.length > 0
              ? html`<optgroup label="Files of the data folder">
                  ${choices.files.map(
                    (/** @type {string} */ name) =>
                      html`<option value=${name} ?selected=${name === ui.form.data}>${name}</option>`,
                  )}
                </optgroup>`
              : nothing
          }
        </select></label
      >
      ${text('from', 'From', '2010-01-01')} ${text('to', 'To', '2012-12-31')} ${text('bars', 'Make bars of', '1w')}
    </div>
    <p class="muted">${algo.about} ${folderSentence(choices)}</p>
    ${parameters(algo, write, actions)}
    <div class="controls">
      <button
        type="submit"
        class="primary"
        aria-describedby=${store.isViewer ? 'viewer' : nothing}
        ?disabled=${!isLive || store.isViewer || ui.isBeginning}
      >
        Run the backtest
      </button>
    </div>
    ${viewerSentence(store)}
    <p role="alert" class="fault">${ui.formFault}</p>
  </form>`;
}

/** @param {any} choices */
function folderSentence({ folder, files, more }) {
  if (!folder) return 'The service reads samples alone: start it with --data-folder to choose files.';
  if (more) return 'The folder has more files than are listed.';
  return files.length === 0 ? 'The data folder has no file of prices.' : '';
}

/** @param {any} algo @param {(field: Field) => (event: Event) => void} write @param {Actions} actions */
function parameters(algo, write, { ui }) {
  if (!algo.parameters) {
    return html`<label class="others"
      >Parameters, one name=value on each line
      <textarea name="others" rows="3" .value=${ui.form.others} @input=${write('others')}></textarea>
    </label>`;
  }
  const take = (/** @type {string} */ name) => (/** @type {Event} */ event) => {
    ui.form.params[name] = /** @type {HTMLInputElement} */ (event.target).value;
  };
  return html`<details>
    <summary>Parameters</summary>
    <div class="fields">
      ${algo.parameters.map(
        (/** @type {any} */ each) =>
          html`<label
            >${each.name}
            <input
              name=${`param-${each.name}`}
              placeholder=${String(algo.values[each.name] ?? each.default ?? '')}
              .value=${ui.form.params[each.name] ?? ''}
              @input=${take(each.name)}
            /><small>${each.about}</small></label
          >`,
      )}
    </div>
  </details>`;
}

/** @param {string} service @param {string} algo @param {Actions} actions */
async function begin(service, algo, { backtests, ui, draw }) {
  ui.formFault = '';
  ui.isBeginning = true;
  draw();
  try {
    const run = await backtests.begin(service, optionsOf({ ...ui.form, algo }));
    location.hash = linkToRun(service, run);
  } catch (error) {
    if (!(error instanceof AskError || error instanceof SyntaxError)) throw error;
    ui.formFault = error.message;
  }
  ui.isBeginning = false;
  draw();
}

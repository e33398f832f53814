/** Messages that led to no decision, with the reason and the payload. */

import { html, nothing } from 'lit-html';

import { json, time } from '../format.js';

/** Rows that are shown, and characters of a payload. */
const MAX_ROWS = 50;
const MAX_SHOWN = 2000;

/**
 * @param {import('../store.js').Algo} algo
 * @param {import('../store.js').Store} store
 * @param {import('../main.js').Actions} actions
 */
export function refusals(algo, store, { past }) {
  const rows = algo.errors.slice(-MAX_ROWS).reverse();
  const known = past.answer(algo.name, 'errors')?.result?.errors ?? [];
  const before = known.filter(
    (/** @type {any} */ { at }) => at !== null && at * 1000 < (algo.errors[0]?.at ?? Infinity),
  );
  return html`<section aria-labelledby="refused">
    <h2 id="refused">Messages without a decision</h2>
    ${
      rows.length + before.length === 0
        ? html`<p class="muted">None since this page was opened.</p>`
        : html`<ul class="plain">
            ${rows.map((row) => refusal(row, store))}
            ${before.slice(0, MAX_ROWS).map((/** @type {any} */ row) => failure(row, store))}
          </ul>`
    }
  </section>`;
}

/** An input at which the algorithm failed, as its journal has it. @param {any} row @param {import('../store.js').Store} store */
function failure({ at, error, traceback, input }, store) {
  return html`<li data-code="algorithm">
    <span class="number">${time(at * 1000, store.now)}</span> <code>algorithm</code> on ${input?.channel}: ${error}
    <details>
      <summary>input</summary>
      <pre>${json(input)}</pre>
      ${traceback ? html`<pre>${traceback}</pre>` : nothing}
    </details>
  </li>`;
}

/** @param {{at: number, message: any}} error @param {import('../store.js').Store} store */
function refusal({ at, message }, store) {
  return html`<li data-code=${message.code}>
    <span class="number">${time(at, store.now)}</span> <code>${message.code}</code> on ${message.topic}:
    ${message.reason}
    <details>
      <summary>payload, ${message.length} bytes</summary>
      <pre>${payloadOf(message)}</pre>
      ${message.traceback ? html`<pre>${message.traceback}</pre>` : nothing}
    </details>
  </li>`;
}

/** @param {any} message */
function payloadOf({ payload_base64: encoded, length }) {
  let text;
  try {
    text = new TextDecoder().decode(Uint8Array.from(atob(String(encoded)), (character) => character.charCodeAt(0)));
  } catch {
    return ''; // whoever wrote to the topic was no bridge
  }
  return text.length > MAX_SHOWN || length > text.length * 4 ? `${text.slice(0, MAX_SHOWN)} …` : text;
}

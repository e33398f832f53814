/** What an algorithm is, where it runs, and with which parameters. */

import { html } from 'lit-html';

import { json, size } from '../format.js';

/** The seq of a service without a journal is above it (contracts/README.md, "RPC"). */
const IN_MEMORY = 1e15;

/**
 * @param {import('../store.js').Algo} algo
 * @param {import('../store.js').Store} store
 * @param {import('../main.js').Actions} actions
 */
export function about(algo, store, { past }) {
  const { record, claim, portfolio } = algo;
  const service = store.serviceOf(algo.name);
  const told = past.answer(algo.name, 'parameters')?.result;
  const journal = past.answer(algo.name, 'journal')?.result;
  const isInMemory = portfolio?.seq >= IN_MEMORY;
  const rows = /** @type {[string, unknown][]} */ ([
    ['address', record?.address],
    ['algorithm', told?.algorithm ?? record?.algorithm],
    ['version', told?.versions?.tickwire ?? service?.message.version],
    ['channels', record?.channels?.join(', ')],
    ['served by', claim?.host ? `the bridge ${claim.instance} on ${claim.host}, process ${claim.pid}` : undefined],
    ['decisions', portfolio && !isInMemory ? portfolio.seq.toLocaleString('en') : undefined],
    ['journal', isInMemory ? 'none: a restart begins anew' : journal && `${journal.file}, ${size(journal.bytes)}`],
    ...Object.entries(portfolio?.parameters ?? record?.parameters ?? {}).map(([name, value]) => [
      `parameter ${name}`,
      json(value),
    ]),
  ]);
  return html`<section aria-labelledby="about">
    <h2 id="about">About it</h2>
    <dl class="rows">
      ${rows
        .filter(([, value]) => value !== undefined && value !== null)
        .map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
    </dl>
  </section>`;
}

/** What the person has chosen for a backtest, and the question that it makes. */

/**
 * @typedef {object} Form
 * @property {string} algo  empty for that of the service
 * @property {string} data
 * @property {string} from
 * @property {string} to
 * @property {string} bars
 * @property {Record<string, string>} params  as written, by name; empty for what it has otherwise
 * @property {string} others  parameters that are not declared, one `name=value` on each line
 */

/** @returns {Form} */
export const emptyForm = () => ({ algo: '', data: 'goog', from: '', to: '', bars: '', params: {}, others: '' });

/**
 * The options of the question `backtest` (contracts/README.md, "Backtests").
 * @param {Form} form
 * @throws {SyntaxError} if a line of the other parameters is none
 */
export function optionsOf({ algo, data, from, to, bars, params, others }) {
  const given = Object.entries(params).filter(([, text]) => text.trim() !== '');
  const texts = { algo, from: from.trim(), to: to.trim(), bars: bars.trim() };
  return {
    data,
    params: Object.fromEntries([...given, ...linesOf(others)].map(([name, text]) => [name, valueOf(text.trim())])),
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
  };
}

/** @param {string} text @returns {[string, string][]} */
function linesOf(text) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.map((line) => {
    const at = line.indexOf('=');
    if (at > 0) return [line.slice(0, at).trim(), line.slice(at + 1)];
    throw new SyntaxError(`"${line}" is not a parameter: write name=value, such as threshold=0.5`);
  });
}

/** As `--param` reads it: JSON, else text. @param {string} text */
function valueOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

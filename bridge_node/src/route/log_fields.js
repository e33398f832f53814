/** The names that ids have in log lines, the same in Python. */

/**
 * Which input a line is about.
 * @param {import('../messages/kinds.js').Kind} kind
 * @param {{id: string, channel: string}} input
 * @returns {Record<string, string>}
 */
export function inputFields(kind, { id, channel }) {
  return { [`${kind}_id`]: id, channel };
}

/**
 * A command, or the halt that one has led to.
 * @template {{id: string}} T
 * @param {T} command
 */
export function commandFields({ id, ...rest }) {
  return { command_id: id, ...rest };
}

/**
 * An order or a fill, without what the line says anyway; of a text that is none, nothing.
 * @param {'order' | 'fill'} kind
 * @param {string | Uint8Array} text
 * @returns {Record<string, unknown>}
 */
export function outputFields(kind, text) {
  try {
    const { id, algo: _algo, quote_id: _quote, ...rest } = JSON.parse(Buffer.from(text).toString());
    return { [`${kind}_id`]: id, ...rest };
  } catch {
    return {};
  }
}

/** @typedef {'done' | 'unchanged' | 'refused'} Outcome */

/**
 * The bridge's own reply to a command (contracts/reply.schema.json).
 * @param {string} algo
 * @param {{id: string, command?: unknown, by?: unknown}} asked  the command, or as much of it as could be read
 * @param {Outcome} outcome
 * @param {string} text  one sentence
 * @param {{halt?: string | null, cancelled?: object[]}} [known]  what is in force after it, as far as the bridge knows, and
 *   the orders that a swap has cancelled
 * @returns {string} JSON
 */
export function replyText(algo, { id, command, by }, outcome, text, known = {}) {
  return JSON.stringify({
    id,
    algo,
    command: typeof command === 'string' ? command : null,
    by: typeof by === 'string' ? by : null,
    outcome,
    text,
    ...known,
    waiting: [],
  });
}

/**
 * The reply of a backend to a command, which is published as it is.
 * @param {{reply?: string | Uint8Array}} decision
 * @returns {{command?: unknown, halt?: unknown, outcome?: unknown, text?: unknown} | undefined} undefined if it is none
 */
export function readReply({ reply }) {
  if (reply === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(reply).toString()) ?? undefined;
  } catch {
    return undefined;
  }
}

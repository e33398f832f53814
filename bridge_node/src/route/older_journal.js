import { readRetained } from '../mqtt/retained.js';
import { reason, UserError } from '../support/errors.js';

/**
 * A service without a journal counts from the microseconds since 1970, so that its `seq` is greater than any
 * before (contracts/README.md). No journal has this number of decisions, so such a `seq` is not one of a
 * journal.
 */
const MIN_SEQ_WITHOUT_JOURNAL = 1e15;

/**
 * Make sure that a journal has all the decisions that were published. An old copy or a restored backup lacks
 * trades; with it, a quote that comes again would be decided again: other orders under the same ids.
 *
 * It waits for the broker if that is unavailable.
 * @param {object} journal
 * @param {string} journal.name  of the algorithm
 * @param {number} journal.seq  the number of decisions in it
 * @param {boolean} journal.isAccepted  whatever it lacks, by --accept-older-journal
 * @param {string} topic  where the algorithm's snapshots are retained
 * @param {import('../mqtt/connection.js').Connection} connection
 * @param {import('../support/log.js').Log} log
 * @throws {UserError} if it lacks some, and that is not accepted
 */
export async function checkAge({ name, seq, isAccepted }, topic, connection, log) {
  const published = await retainedSeq(topic, connection, log);
  if (published <= seq || published >= MIN_SEQ_WITHOUT_JOURNAL) return;
  const sentence = `the journal of ${name} has ${seq} decisions, and ${topic} shows ${published}: it is an old copy, or a new file, lacks the trades since then, and would decide their quotes again`;
  if (!isAccepted) {
    throw new UserError(
      `${sentence}. Start the service with its latest journal, or continue with this one: --accept-older-journal`,
    );
  }
  log.warn(`continuing, as --accept-older-journal asks: ${sentence}`);
}

/**
 * @param {string} topic
 * @param {import('../mqtt/connection.js').Connection} connection
 * @param {import('../support/log.js').Log} log
 * @returns {Promise<number>} the `seq` of the snapshot that the broker retains; -1 if there is none
 */
async function retainedSeq(topic, connection, log) {
  try {
    return Math.max(-1, ...(await readRetained(topic, connection)).map(seqOf));
  } catch (error) {
    log.warn(
      `it is not known whether the journal is older than what was published: the broker does not show ${topic}: ${reason(error)}`,
    );
    return -1;
  }
}

/** @param {Buffer} payload */
function seqOf(payload) {
  try {
    const { seq } = JSON.parse(payload.toString());
    return Number.isFinite(seq) ? seq : -1;
  } catch {
    return -1; // not one of our snapshots, or empty, which removes the retained one
  }
}

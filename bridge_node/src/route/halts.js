import { followingId } from '../messages/command.js';
import { readHalt } from '../messages/halt.js';
import { readRetained } from '../mqtt/retained.js';
import { reason } from '../support/errors.js';
import { commandFields } from './log_fields.js';
import { readReply } from './reply.js';
import { commandChannel } from './topics.js';

/** Commands whose ids are remembered. */
const MAX_REMEMBERED = 1000;

/**
 * @typedef {import('../messages/halt.js').Halt} Halt
 * @typedef {import('../messages/command.js').Command} Command
 */

/**
 * The halt of a backend without a journal, which would forget it: the broker retains it on halts/<algo>, and
 * the bridge hands it to the backend again. Only the bridge publishes there.
 *
 * The route calls `read` and then `handTo` whenever a backend is admitted, before its first decision.
 */
export class Halts {
  #algo;
  #topic;
  #log;
  /** @type {Halt | null} */
  #current = null;
  #isRead = false;
  #isPublished = false;
  /** The ids of commands that were followed, the oldest first. @type {Set<string>} */
  #followed = new Set();

  /**
   * @param {string} algo
   * @param {string} topic  with the prefix
   * @param {import('../support/log.js').Log} log
   */
  constructor(algo, topic, log) {
    this.#algo = algo;
    this.#topic = topic;
    this.#log = log;
  }

  /** The halt in force, or null. */
  get current() {
    return this.#current;
  }

  /** Whether `current` has to be retained: the broker may have lost it. */
  get isPublished() {
    return this.#isPublished;
  }

  /**
   * Read, once, what is retained; later changes are the bridge's own. It waits for the broker if that is
   * unavailable.
   * @param {import('../mqtt/connection.js').Connection} connection
   */
  async read(connection) {
    if (this.#isRead) return;
    try {
      const payload = (await readRetained(this.#topic, connection)).at(-1);
      const halt = payload && readHalt(payload);
      if (halt) this.begin(halt);
      else if (payload?.length) this.#log.error(`what is retained on ${this.#topic} is no halt, and halts nothing`);
    } catch (error) {
      this.#log.error(
        `it is not known whether a person has halted ${this.#algo}: the broker does not show ${this.#topic}: ${reason(error)}`,
      );
    }
    this.#isRead = true;
    if (this.#current) this.#log.warn(commandFields(this.#current), `buying of ${this.#algo} stays halted`);
  }

  /**
   * Have a backend that takes commands halt, too. One with a journal keeps the halt from then on.
   * @param {import('../backend/backend.js').Backend} backend  that is being admitted
   * @returns {Promise<boolean>} whether there is nothing to retain any more
   */
  async handTo(backend) {
    const halt = this.#current;
    if (!halt || !backend.takesCommands) return false;
    const { reason: why, by, id } = halt;
    const command = {
      channel: commandChannel(this.#algo),
      id,
      command: 'halt',
      ...(by !== null && { by }),
      reason: why,
    };
    const outcome = await backend.decideFirst(command);
    const reply = 'error' in outcome ? undefined : readReply(outcome);
    if (typeof reply?.halt !== 'string') {
      const told = 'error' in outcome ? outcome.error : (reply?.text ?? 'it sent no reply');
      this.#log.error(`the backend of ${this.#algo} does not halt, as ${this.#topic} asks: ${told}`);
      return false;
    }
    if (!backend.hasJournal) return false;
    this.end();
    return true;
  }

  /**
   * Keep what a backend without a journal has replied to a command. The reply to one that comes again is of
   * before: other commands may have changed the halt since.
   * @param {Command} command
   * @param {import('../backend/decisions.js').Decision} decision
   * @returns {Halt | null | undefined} what is to be retained from now on; undefined if nothing has changed
   */
  follow(command, decision) {
    if (this.#followed.has(command.id)) return undefined;
    const [oldest] = this.#followed;
    if (this.#followed.size >= MAX_REMEMBERED) this.#followed.delete(oldest);
    this.#followed.add(command.id);
    const reply = readReply(decision);
    if (reply?.halt === null && this.#current) return this.end();
    if (typeof reply?.halt !== 'string' || reply.halt === this.#current?.reason) return undefined;
    const { id, by, expires } = command;
    const isDone = reply.outcome === 'done';
    // Handed to the backend again it is the same command, or one with an id of its own.
    const isSame = isDone && command.command === 'halt' && expires === undefined;
    const own = isSame ? id : followingId(id, 'halt');
    return this.begin({ reason: reply.halt, by: (isDone && by) || null, id: own, since: new Date().toISOString() });
  }

  /** @param {Halt} halt */
  begin(halt) {
    this.#isPublished = true;
    this.#current = halt;
    return halt;
  }

  end() {
    this.#isPublished = true;
    this.#current = null;
    return null;
  }
}

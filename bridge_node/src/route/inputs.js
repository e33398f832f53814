import { Subscriber } from '../mqtt/subscriber.js';
import { CommandIntake } from './command_intake.js';
import { FeedGaps } from './feed_gaps.js';
import { Intake } from './intake.js';
import { commandChannel, sessionsOf } from './topics.js';

/**
 * Receives what one algorithm decides on: quotes and data in one session at the broker, commands in another.
 * What is valid waits in the queues; what is not is refused and reported.
 *
 * The route calls `start` when the algorithm's name and channels are known, `change` for its channels from
 * then on, and `startCommands` when commands may come.
 */
export class Inputs {
  #broker;
  #queues;
  #refusals;
  #share;
  #meter;
  #rules;
  #taken;
  #isContinued = false;
  /** @type {FeedGaps | undefined} */
  #gaps;
  /** @type {Subscriber | undefined} */
  #quotes;
  /** @type {Subscriber | undefined} */
  #commands;

  /**
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {{inputs: import('./queue.js').Queue, commands: import('./queue.js').Queue}} queues
   * @param {import('./command_intake.js').Refusals} refusals
   * @param {import('../support/memory_budget.js').MemoryBudget} budget  of all routes
   * @param {import('../metrics/route_meter.js').RouteMeter} meter
   * @param {import('../mqtt/connection.js').Taken} taken
   * @param {import('../messages/quote.js').Rules} [rules]  the user's, about messages
   */
  constructor(broker, queues, refusals, budget, meter, taken, rules) {
    this.#broker = broker;
    this.#taken = taken;
    this.#queues = queues;
    this.#refusals = refusals;
    this.#meter = meter;
    // commands are read all the same: they are few
    this.#share = budget.share((isFull) => this.#quotes?.setShareFull(isFull));
    this.#rules = rules;
  }

  /** That another client takes one of the sessions again and again, as a sentence; empty if none does at present. */
  get taken() {
    return this.#subscribers.map((subscriber) => subscriber.taken).find(Boolean) ?? '';
  }

  /** Whether the broker has confirmed all subscriptions. */
  get ready() {
    return this.#subscribers.every(({ ready }) => ready);
  }

  /**
   * @param {string} algo
   * @param {string[]} channels
   * @param {import('./notices.js').AlgoNotices} notices  of the algorithm, to add to
   * @param {boolean} isContinued  whether it has decided before: the broker has its sessions
   */
  start(algo, channels, notices, isContinued) {
    this.#isContinued = isContinued;
    const { log } = this.#broker;
    this.#gaps = new FeedGaps(log, notices);
    const intake = new Intake(this.#rules, (record) => this.#refusals.report(record), this.#meter, this.#gaps, log);
    const [session] = sessionsOf(algo);
    this.#meter.channels.set(channels);
    this.#quotes = this.#subscribe(session, channels, this.#queues.inputs, intake);
  }

  /** @param {string[]} channels  from now on */
  change(channels) {
    const subscriber = this.#quotes;
    if (!subscriber) return;
    subscriber.change(channels);
    this.#meter.channels.set(channels);
    const gone = this.#queues.inputs.keep(({ topic }) => subscriber.wants(topic));
    for (const message of gone) message.acknowledge();
  }

  /**
   * @param {string} algo
   * @param {(command: import('../messages/command.js').Command, message: import('../mqtt/message.js').Message) => void} swap
   *   called for each swap that is asked for
   * @returns {Promise<void>} resolves when the commands that waited at the broker have come
   */
  async startCommands(algo, swap) {
    if (!this.#commands) {
      const intake = new CommandIntake(algo, this.#refusals, swap, this.#meter, this.#broker.log);
      const { commands } = this.#queues;
      const [, session] = sessionsOf(algo);
      this.#commands = this.#subscribe(session, [commandChannel(algo)], commands, intake);
    }
    await this.#commands.answered.promise;
  }

  /** @param {boolean} isPaused  whether quotes and data are to gather in the operating system */
  setPaused(isPaused) {
    this.#quotes?.setPaused(isPaused);
  }

  /**
   * Set how many quotes and data wait to be decided: reading stops while it is too much.
   * @param {number} messages
   * @param {number} bytes
   */
  setWaiting(messages, bytes) {
    this.#quotes?.setWaiting(messages, bytes);
  }

  /**
   * The same of commands.
   * @param {number} messages
   * @param {number} bytes
   */
  setCommandsWaiting(messages, bytes) {
    this.#commands?.setWaiting(messages, bytes);
  }

  /** Make no other connection, and log nothing when these end. */
  retire() {
    for (const subscriber of this.#subscribers) subscriber.retire();
  }

  /** Disconnect; the acknowledgements of the last batch leave before. */
  async stop() {
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.stop()));
    this.#gaps?.stop();
    this.#share.close();
  }

  get #subscribers() {
    return [this.#quotes, this.#commands].filter((subscriber) => subscriber !== undefined);
  }

  /**
   * @param {string} session
   * @param {string[]} channels
   * @param {import('./queue.js').Queue} queue
   * @param {Intake | CommandIntake} intake
   */
  #subscribe(session, channels, queue, intake) {
    /** @type {import('../mqtt/subscriber.js').Handlers} */
    const handlers = {
      receive: (message) => {
        const waiting = intake.read(message);
        if (waiting) queue.push(waiting);
      },
      // the broker sends again what waits here unacknowledged, in its order
      resumed: () => {
        for (const message of queue.keep(({ comesAgain }) => !comesAgain)) message.drop();
      },
      taken: this.#taken,
    };
    const subscriber = new Subscriber(this.#broker, session, handlers, this.#share);
    subscriber.start(channels, this.#isContinued);
    return subscriber;
  }
}

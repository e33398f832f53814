import { cutBuys } from './cut_buys.js';
import { OwnCommands } from './own_commands.js';

/**
 * @typedef {import('../backend/decisions.js').Outcome} Outcome
 * @typedef {import('../messages/command.js').Command} Command
 */

/**
 * Has the inputs of a batch decided: by the backend, or, where the backend takes no commands, these by the
 * bridge. It keeps the halts of a backend that has no journal.
 */
export class Decider {
  #backend;
  #halts;
  #own;
  #meter;

  /**
   * @param {string} algo
   * @param {import('../backend/backend.js').Backend} backend
   * @param {import('./halts.js').Halts} halts
   * @param {import('../metrics/route_meter.js').RouteMeter} meter
   * @param {import('../support/log.js').Log} log
   */
  constructor(algo, backend, halts, meter, log) {
    this.#backend = backend;
    this.#halts = halts;
    this.#meter = meter;
    this.#own = new OwnCommands(algo, halts, log);
  }

  /**
   * @param {import('./times.js').Call} call  whose batch has its commands first
   * @returns {Promise<Outcome[]>} one per input
   */
  async decide(call) {
    const { batch } = call;
    /** @type {import('../messages/kinds.js').Input[]} */
    const none = [];
    const inputs = none.concat(...batch.map((waiting) => waiting.inputs)); // flatMap takes four times as long
    const firstOther = batch.findIndex(({ kind }) => kind !== 'command');
    const count = firstOther === -1 ? batch.length : firstOther; // a message is one command
    const commands = /** @type {Command[]} */ (inputs.slice(0, count));
    return this.#backend.takesCommands
      ? this.#decideAll(inputs, commands, call)
      : this.#decideOthers(inputs, commands, call);
  }

  /**
   * @param {import('../messages/kinds.js').Input[]} inputs
   * @param {Command[]} commands  the first of the inputs
   * @param {import('./times.js').Call} call
   */
  async #decideAll(inputs, commands, call) {
    const outcomes = await this.#call(inputs, call);
    if (this.#backend.hasJournal) return outcomes;
    for (const [n, command] of commands.entries()) {
      const outcome = outcomes[n];
      if ('error' in outcome) continue;
      const halt = this.#halts.follow(command, outcome);
      if (halt !== undefined) outcome.halt = halt;
    }
    return outcomes;
  }

  /**
   * @param {import('../messages/kinds.js').Input[]} inputs
   * @param {Command[]} commands  the first of the inputs
   * @param {import('./times.js').Call} call
   * @returns {Promise<Outcome[]>}
   */
  async #decideOthers(inputs, commands, call) {
    const own = commands.map((command) => this.#own.decide(command, Date.now()));
    const others = inputs.slice(commands.length);
    const outcomes = others.length > 0 ? await this.#call(others, call) : [];
    const { current } = this.#halts;
    return [...own, ...(current ? cutBuys(outcomes, current) : outcomes)];
  }

  /**
   * @param {import('../messages/kinds.js').Input[]} inputs
   * @param {import('./times.js').Call} call
   */
  async #call(inputs, call) {
    const begun = performance.now();
    const outcomes = await this.#backend.decide(inputs, call);
    this.#meter.called(inputs.length, (performance.now() - begun) / 1000);
    return outcomes;
  }
}

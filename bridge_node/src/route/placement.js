import { standingOf } from '../backend/successor.js';
import { assigned, concerns, epochOf, readDuty } from '../messages/duty.js';
import { readRetained } from '../mqtt/retained.js';
import { reason, UserError } from '../support/errors.js';
import { outputTopics } from './topics.js';

/**
 * Where the backend of a route is: at the address that the route was given or, once it was swapped, where
 * bridges/<algo> says. A swap that a bridge has left unfinished ends here: with the new backend if that has opened the
 * journal, or taken the account over, else with the old one.
 */
export class Placement {
  #given;
  #backend;
  #broker;
  #connection;
  /** @type {Promise<void> | undefined} */
  #followed;
  #hasSearched = false;
  /** The greatest epoch that was retained, as far as is known: what another bridge retains has a greater one. */
  #seen = 0;

  /** @type {import('../messages/duty.js').Duty} */
  #duty = {};
  /** Whether `duty` has changed since it was read or retained. */
  isChanged = false;
  /** Settles when the swap that this bridge is at has ended; undefined while there is none. @type {Promise<void> | undefined} */
  swapping;

  /**
   * @param {string} given  the address
   * @param {import('../backend/backend.js').Backend} backend
   * @param {import('../mqtt/broker_link.js').BrokerLink} broker
   * @param {import('../mqtt/connection.js').Connection} connection
   */
  constructor(given, backend, broker, connection) {
    this.#given = given;
    this.#backend = backend;
    this.#broker = broker;
    this.#connection = connection;
  }

  /** What bridges/<algo> retains beside the claim. */
  get duty() {
    return this.#duty;
  }

  set duty(duty) {
    this.#duty = duty;
    this.#seen = Math.max(this.#seen, epochOf(duty));
  }

  /**
   * Move the backend to where it was swapped to; the first call counts. It waits for the broker if that is unavailable.
   * @param {string} name  of the algorithm
   */
  follow(name) {
    this.#followed ??= this.#follow(outputTopics(name, this.#broker.prefix).claim, name);
    return this.#followed;
  }

  /** The same, where the name is not known because nothing answers at the address. */
  async search() {
    if (this.#followed || this.#hasSearched) return;
    this.#hasSearched = true; // only this route changes it from now on
    await this.#follow(outputTopics('', this.#broker.prefix).claim + '+', 'the algorithm');
  }

  /**
   * A standby is about to open its journal, or a service to take its account back: not while a swap is under way, nor
   * if another backend has it.
   * @param {string} name  that it reports
   * @param {boolean} hasHandedOver  its account
   * @throws {UserError} if the account is not its own any more
   */
  async mayOpen(name, hasHandedOver) {
    await this.follow(name);
    await this.swapping;
    await this.resume();
    const { address } = this.#backend;
    const { swap } = this.duty;
    if (!hasHandedOver || (swap?.kind === 'replace' && swap.from === address)) return;
    throw new UserError(
      `the backend at ${address} has handed its account over, and where to is not retained at this broker: start the bridge with --rpc of the service that goes on with it`,
    );
  }

  /** End a swap that was left unfinished, as far as that is possible now. */
  async resume() {
    const { assignment, swap } = this.duty;
    if (!swap) return;
    const isDone = await this.#isDone(swap);
    if (this.duty.swap !== swap) return; // it has ended meanwhile
    if (isDone) {
      this.duty = { assignment: assigned(assignment, swap) };
      this.isChanged = true;
    }
    // also if it has handed nothing over yet: a call of the bridge before may be on its way, and would be too late then
    if (!isDone && swap.kind === 'replace') {
      await standingOf(this.#backend.successor(swap.from), this.#broker.log, 'take_back', swap.epoch + 1);
    }
    this.#move(isDone ? swap.to : swap.from);
  }

  /**
   * Whether the new backend has what was handed over.
   * @param {import('../messages/duty.js').Intent} swap
   */
  async #isDone({ from, to, epoch, kind }) {
    const { log } = this.#broker;
    let standing = await standingOf(this.#backend.successor(to), log);
    if (kind !== 'replace') return standing?.is_open === true;
    // a take_over of another bridge may be on its way: from here on it is carried out, or is refused as too late
    if (standing?.is_open && !standing.handed_over && standing.taken_over !== epoch) {
      standing = await standingOf(this.#backend.successor(to), log, 'take_back', epoch + 1);
    }
    if (standing?.taken_over !== epoch) return false;
    // it may have taken over late, when the old one had taken back already
    const before = await standingOf(this.#backend.successor(from), log);
    return !before || before.handed_over || before.epoch <= epoch;
  }

  /** Whether the bridge serves the algorithm no more. */
  get isOver() {
    return this.#connection.isLast;
  }

  /** A backend is about to be admitted: it is the one that serves, and no swap is under way. */
  settle() {
    const { assignment, swap } = this.duty;
    if (!swap || this.swapping) return;
    this.duty = assignment ? { assignment } : {};
    this.isChanged = true;
  }

  /**
   * If a bridge before this one has swapped the backend since it was followed, do as it has done.
   * @param {import('../messages/duty.js').Duty} duty  that came on bridges/<algo>
   */
  hear(duty) {
    if (epochOf(duty) <= this.#seen) return;
    this.duty = duty;
    void this.#obey();
  }

  async #obey() {
    if (this.duty.swap) await this.resume();
    else if (this.duty.assignment) this.#move(this.duty.assignment.address);
  }

  /**
   * @param {string} topic
   * @param {string} name
   */
  async #follow(topic, name) {
    try {
      const records = (await readRetained(topic, this.#connection)).map(readDuty);
      this.#seen = Math.max(0, ...records.map(epochOf));
      const duty = records.findLast((each) => concerns(each, this.#given));
      if (!duty || this.duty.assignment || this.duty.swap) return;
      this.duty = duty;
    } catch (error) {
      this.#broker.log.warn(`it is not known whether ${name} was swapped: ${topic} is not shown: ${reason(error)}`);
      return;
    }
    await this.#obey();
  }

  /** @param {string} address */
  #move(address) {
    if (address === this.#backend.address) return;
    this.#broker.log.warn(`backend ${this.#given}: it was swapped, and ${address} serves in its place`);
    this.#backend.moveTo(address);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

import { LostRemoteError } from '../../zerorpc/index.js';
import { Backend } from '../backend/backend.js';
import { Deferred } from '../support/deferred.js';
import { PauseError, SessionTakenError, UserError } from '../support/errors.js';
import { Claim } from './claim.js';
import { Decider } from './decider.js';
import { Forwarder } from './forwarder.js';
import { Inputs } from './inputs.js';
import { checkAge } from './older_journal.js';
import { Outputs } from './outputs.js';
import { Placement } from './placement.js';
import { Queries } from './queries.js';
import { ReadPacing } from './read_pacing.js';
import { SECOND_SERVICE } from './served_names.js';
import { Swaps } from './swaps.js';
import { Times } from './times.js';

/** ms that the batch under way has, when the route is asked to stop. */
const MAX_GRACE = 5000;
/**
 * ms that the backend of an announced algorithm may be silent: longer than a service needs to be started again. Then its
 * quotes wait at the broker, not in this process, where they could hold up those of others.
 */
const MAX_SILENCE = 5000;
/** ms in which the claim of another bridge comes that has found the algorithm free at the same moment. */
const CONTEST = 250;

/**
 * One algorithm's way through the bridge: its quotes from the broker to the backend, and its orders and fills
 * back.
 *
 * It composes the parts, which do not know one another: Inputs → Forwarder → Decider → Backend, and back
 * through the Outputs.
 */
export class Route {
  #config;
  #place;
  #meter;
  #backend;
  #times;
  #outputs;
  #placement;
  #forwarder;
  #inputs;
  #queries;
  /** Made when the name of the backend is known, as the next ones. @type {Decider | undefined} */
  #decider;
  /** @type {import('./notices.js').AlgoNotices | undefined} */
  #notices;
  /** @type {Swaps | undefined} */
  #swaps;
  /** @type {Claim | undefined} */
  #claim;
  /** Runs while a backend that was admitted is silent. @type {NodeJS.Timeout | undefined} */
  #silence;
  /** Whether a backend was admitted, perhaps an earlier one. */
  isAdmitted = false;
  #isStopping = false;
  /** Resolves when, on ending, there is nothing more to wait for. */
  #leaving = new Deferred();
  /** Rejects when another bridge has taken over. */
  #failed = new Deferred();

  /**
   * @param {import('./route_config.js').RouteConfig} config
   * @param {import('../mqtt/broker_link.js').BrokerLink} link
   * @param {import('./route_config.js').Place} place
   */
  constructor(config, link, place) {
    this.#config = config;
    this.#place = place;
    this.log = link.log.child(config.isAnnounced ? { algo: config.name } : {});
    const broker = link.seenBy(this.log);
    this.#meter = place.metrics.meter();
    /** @type {import('../backend/standby.js').MayOpen} */
    const mayOpen = (name, hasHandedOver) => this.#placement.mayOpen(name, hasHandedOver);
    this.#backend = new Backend(config, this.log, () => this.#admit(), mayOpen);
    this.#times = new Times(this.#backend, this.log);
    const outputs = new Outputs(broker, this.#backend, this.#times, this.#meter, config.batchOutputs);
    this.#outputs = outputs;
    this.#placement = new Placement(config.address, this.#backend, broker, outputs.publisher.connection);
    // its name is not known then, and where it was swapped to only the broker knows
    this.#backend.on('unavailable', () => this.#placement.search());
    const pacing = new ReadPacing((isPaused) => {
      this.#inputs.setPaused(isPaused);
      if (!isPaused) outputs.publisher.readNow();
    });
    /** @type {import('./forwarder.js').Steps} */
    const steps = {
      ready: () => this.#backend.whenReady(),
      decide: (batch) => this.#decide(batch),
      settle: (batch, outcomes) => outputs.settle(batch, outcomes),
      inputsWait: (messages, bytes) => this.#inputs.setWaiting(messages, bytes),
      commandsWait: (messages, bytes) => this.#inputs.setCommandsWaiting(messages, bytes),
    };
    this.#backend.on('ready', () => this.#meter.ready());
    this.#forwarder = new Forwarder(steps, pacing, config.count);
    if (config.isAnnounced) {
      this.#backend.on('lost', () => {
        this.#silence = setTimeout(() => this.parkIfSilent(), MAX_SILENCE).unref();
      });
      this.#backend.on('ready', () => clearTimeout(this.#silence));
    }
    /** @type {import('../mqtt/connection.js').Taken} */
    const taken = (sentence, isTooOften) => this.#noticeTaken(sentence, isTooOften);
    outputs.publisher.connection.on('taken', taken);
    this.#inputs = new Inputs(broker, this.#forwarder, outputs, place.budget, this.#meter, taken, config.rules);
    this.#queries = new Queries(broker, this.#backend, (code) => this.#meter.refused(code));
  }

  /**
   * Whether its backend is there, or is being swapped to there.
   * @param {string} address
   */
  isAt(address) {
    const { assignment, swap } = this.#placement.duty;
    return [this.#backend.address, assignment?.address, swap?.to].includes(address);
  }

  /** Why its backend is not connected and initialised, as a line; empty if it is. */
  get fault() {
    const { fault, address } = this.#backend;
    const why = this.#claim?.isAsking ? 'the bridge that claims its algorithm is asked whether it lives' : fault;
    return why && `backend ${address}: ${why}`;
  }

  /** That another client takes one of its client ids again and again, as a line; empty if that is not so at present. */
  get taken() {
    return this.#inputs.taken || this.#outputs.publisher.connection.taken;
  }

  /** What is missing for its quotes to be decided and its orders to be published, as a line; empty if nothing is. */
  get missing() {
    if (this.fault) return this.fault;
    const { address, ready } = this.#backend;
    if (!this.isAdmitted || !ready) return `backend ${address}: it is being admitted`;
    if (this.taken) return this.taken;
    if (this.#inputs.ready) return '';
    return `backend ${address}: the broker has not confirmed its subscriptions yet`;
  }

  /** What a person has to know although quotes are decided, a line each. */
  get troubles() {
    const { address, trouble } = this.#backend;
    const sentences = trouble ? [trouble, ...this.#meter.troubles] : this.#meter.troubles;
    return sentences.map((sentence) => `backend ${address}: ${sentence}`);
  }

  /** Whether another bridge serves the algorithm, which lives. */
  get isElsewhere() {
    return this.#claim ? this.#claim.owner !== '' : false;
  }

  /** Whether the algorithm was its own, at some time. */
  get hasClaimed() {
    return this.#claim?.isClaimed ?? false;
  }

  /**
   * Carry quotes until `stop`, or until `count` of them are decided and published.
   * @throws {UserError} if the backend is not an algorithm, refuses to initialize, or is not admitted, or if
   *   another bridge has taken over
   */
  async run() {
    this.#outputs.start();
    const backendFails = this.#runBackend().then(() => new Promise(() => {}));
    try {
      await Promise.race([this.#forwarder.run(), backendFails, this.#failed.promise, this.#leaving.promise]);
    } finally {
      await this.#end();
    }
  }

  /**
   * End once the batch under way is published and acknowledged; wait no longer than MAX_GRACE for it, and only
   * while broker and backend are available.
   */
  stop() {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { connection, connected } = this.#outputs.publisher;
    const leave = () => this.#leaving.resolve();
    this.#swaps?.stop();
    this.#backend.retire();
    connection.retire();
    this.#inputs.retire();
    this.#queries.retire();
    this.#forwarder.stop();
    if (!this.#backend.ready || !connected) leave();
    this.#backend.once('lost', leave);
    connection.once('down', leave);
    setTimeout(leave, MAX_GRACE).unref();
  }

  /** Fail, so that its quotes wait at the broker, if its backend was admitted and does not answer at present. */
  parkIfSilent() {
    if (!this.isAdmitted || this.#backend.ready) return;
    const { name } = this.#backend;
    this.#failed.reject(new PauseError(`the quotes of ${name} wait at the broker until its backend answers`));
  }

  async #runBackend() {
    const { name, isAnnounced } = this.#config;
    if (isAnnounced && name !== undefined) {
      await this.#placement.follow(name);
      await this.#whenFree(name);
      // also one that is away is shown: somebody has to know of it
      if (!this.#isStopping) this.#show();
    }
    if (!this.#isStopping) await this.#backend.run();
  }

  /** Subscribe to the backend's channels, and make sure that its journal has every published decision. */
  async #admit() {
    const { name, channels, journalSeq, address } = this.#backend;
    await this.#placement.follow(name);
    if (this.#backend.address !== address) throw new LostRemoteError('it was swapped');
    if (this.#decider) this.#inputs.change(channels);
    else if (!(await this.#begin(name, channels))) return false;
    const { connection } = this.#outputs.publisher;
    const { topics, halts } = this.#outputs;
    if (journalSeq !== undefined) {
      const journal = { name, seq: journalSeq, isAccepted: this.#config.acceptOlderJournal ?? false };
      await checkAge(journal, topics.portfolio, connection, this.log);
    }
    await halts?.read(connection);
    if (await halts?.handTo(this.#backend)) this.#outputs.removeHalt();
    this.#checkRunning();
    const swaps = (this.#swaps ??= this.#makeSwaps(name));
    // a halt that waited there is decided before the first quote
    await this.#inputs.startCommands(name, (command, message) => swaps.push(command, message));
    this.#checkRunning();
    this.#placement.settle();
    if (this.#placement.isChanged && this.hasClaimed) await this.#claim?.note(this.#placement.duty);
    this.#placement.isChanged = false;
    // not before now: one that is not admitted takes the algorithm from nobody
    if (!this.isAdmitted && this.#place.mayTakeOver) void this.#claim?.start();
    this.isAdmitted = true;
    return true;
  }

  /** @param {string} name */
  #makeSwaps(name) {
    const claim = /** @type {Claim} */ (this.#claim);
    const parts = {
      backend: this.#backend,
      forwarder: this.#forwarder,
      placement: this.#placement,
      note: (/** @type {import('../messages/duty.js').Duty} */ duty) => claim.note(duty),
      keepHalt: (/** @type {import('../messages/halt.js').Halt | null} */ halt) => this.#outputs.keepHalt(halt),
      config: this.#config,
    };
    return new Swaps(name, parts, (payload) => this.#outputs.reply(payload), this.log);
  }

  #show() {
    this.#meter.show({ backend: this.#backend, queue: this.#forwarder.inputs });
  }

  /** What is begun after the end would never end. The Backend ignores the error then. */
  #checkRunning() {
    if (this.#isStopping) throw new Error('the route has stopped meanwhile');
  }

  /**
   * Begin, once, what needs the algorithm's name.
   * @param {string} name
   * @param {string[]} channels
   * @returns {Promise<boolean>} whether it has begun; if not, another bridge had the algorithm until now
   */
  async #begin(name, channels) {
    if (!(await this.#whenFree(name))) return false;
    if (!this.#place.mayTakeOver) {
      await this.#claim?.start();
      await sleep(CONTEST);
    }
    this.#checkRunning();
    const { halts } = this.#outputs;
    this.#decider = new Decider(
      name,
      this.#backend,
      /** @type {import('./halts.js').Halts} */ (halts),
      this.#meter,
      this.log,
    );
    this.#show();
    const isContinued = (this.#backend.journalSeq ?? 0) > 0;
    this.#inputs.start(name, channels, this.#place.notices.of(name), isContinued);
    this.#queries.start(name);
    return true;
  }

  /**
   * Wait until no other bridge claims the algorithm, unless it may be taken from another, or until the route stops.
   * @param {string} name
   * @returns {Promise<boolean>} whether there was nothing to wait for
   */
  async #whenFree(name) {
    this.#claim ??= this.#prepareClaim(name);
    if (this.#place.mayTakeOver) return true;
    return !(await this.#claim.whenFree(this.log)) && !this.#isStopping;
  }

  /** @param {string} name */
  #prepareClaim(name) {
    const { names, notices, instance } = this.#place;
    names.take(name, this.#config.address);
    if (!this.#config.isAnnounced) this.log.setBindings({ algo: name });
    this.#meter.begin(name);
    this.#notices = notices.of(name);
    this.#outputs.begin(name);
    const claim = new Claim(this.#outputs.topics.claim, this.#outputs.publisher, instance, this.#placement);
    claim.on('outcome', (outcome) => this.#meter.claim(outcome));
    claim.once('superseded', (other) => {
      const sentence = `another bridge for ${name} has started (${other}): this one gives way`;
      const hasServed = this.isAdmitted || this.#place.mayTakeOver;
      this.#failed.reject(hasServed ? new UserError(`${sentence}. ${SECOND_SERVICE}`) : new PauseError(sentence));
    });
    return claim;
  }

  /** @type {import('../mqtt/connection.js').Taken} */
  #noticeTaken(sentence, isTooOften) {
    if (this.#notices) this.#notices.sessionTaken += 1;
    if (isTooOften) this.#failed.reject(new SessionTakenError(sentence));
  }

  /** @param {import('./queue.js').Waiting[]} batch */
  async #decide(batch) {
    const decider = /** @type {Decider} */ (this.#decider); // which is there before the first message
    const outcomes = await decider.decide(this.#times.begin(batch));
    this.#outputs.decided();
    return outcomes;
  }

  async #end() {
    this.stop();
    await Promise.all([this.#inputs.stop(), this.#queries.stop()]);
    this.#meter.end();
    await Promise.race([this.#outputs.flush(), this.#leaving.promise]);
    await Promise.race([this.#times.tell(), this.#leaving.promise]);
    await Promise.race([this.#claim?.withdraw(), this.#leaving.promise]);
    await this.#outputs.stop();
    await this.#backend.close();
    this.#place.names.release(this.#outputs.algo, this.#config.address);
  }
}

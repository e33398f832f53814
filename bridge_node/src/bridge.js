import { Backend } from './backend/backend.js';
import { Publisher } from './mqtt/publisher.js';
import { Subscriber } from './mqtt/subscriber.js';
import { Claim } from './route/claim.js';
import { CommandIntake } from './route/command_intake.js';
import { Decider } from './route/decider.js';
import { Forwarder } from './route/forwarder.js';
import { Halts } from './route/halts.js';
import { Intake } from './route/intake.js';
import { checkAge } from './route/older_journal.js';
import { readOutcomes } from './route/outcomes.js';
import { ReadPacing } from './route/read_pacing.js';
import { LossWindow, republish } from './route/republish.js';
import { Snapshots } from './route/snapshots.js';
import { haltPublication, outputTopics } from './route/topics.js';
import { UserError } from './support/errors.js';

/** ms that the batch under way has, when the bridge is asked to stop. */
const MAX_GRACE = 5000;
const SECOND_SERVICE =
  'A second service of one algorithm needs a name of its own: algo-service serve --name NAME, or bridge-node --name NAME for a backend without a name';

/**
 * Carries quotes from the broker to an algorithm, and its orders and fills back.
 *
 * It composes the parts, which do not know one another: Subscriber → Intake → Forwarder → Decider → Backend,
 * and back through the Publisher. Commands have a Subscriber and an Intake of their own.
 */
export class Bridge {
  #options;
  #broker;
  #log;
  #backend;
  #publisher;
  #lossWindow;
  #forwarder;
  #intake;
  /** Made when the name and the channels of the backend are known. @type {Subscriber | undefined} */
  #subscriber;
  /** @type {Subscriber | undefined} */
  #commandSubscriber;
  /** @type {Halts | undefined} */
  #halts;
  /** @type {Decider | undefined} */
  #decider;
  /** @type {Snapshots | undefined} */
  #snapshots;
  /** @type {Claim | undefined} */
  #claim;
  #topics = outputTopics('');
  #isAdmitted = false;
  #isStopping = false;
  /** @type {() => void} */
  #leave = () => {};
  /** Resolves when, on ending, there is nothing more to wait for. */
  #leaving = new Promise((resolve) => {
    this.#leave = () => resolve(undefined);
  });
  /** @type {(error: UserError) => void} */
  #fail = () => {};
  /** Rejects when another bridge has taken over. */
  #failed = new Promise((_, reject) => {
    this.#fail = reject;
  });

  /**
   * @param {object} options
   * @param {string} options.rpc  the backend's address
   * @param {Record<string, unknown>} options.params  for `initialize`
   * @param {string} [options.name]  of a backend that has no name of its own
   * @param {string[]} [options.channels]  in place of those that `initialize` returns
   * @param {number} [options.count]  of quotes after which it stops
   * @param {boolean} [options.acceptOlderJournal]  continue with a journal that lacks published decisions
   * @param {import('./messages/quote.js').Rules} [options.rules]  the user's, about messages
   * @param {import('./mqtt/broker_link.js').BrokerLink} broker
   */
  constructor(options, broker) {
    this.#options = options;
    this.#broker = broker;
    this.#log = broker.log;
    this.#backend = new Backend(options.rpc, options.params, options, broker.log, () => this.#admit());
    this.#publisher = new Publisher(broker, (publish) => this.#recover(publish));
    this.#lossWindow = new LossWindow(this.#publisher.connection);
    this.#intake = new Intake(
      options.rules,
      (record) => this.#publisher.report(this.#topics.errors, record),
      broker.log,
    );
    const pacing = new ReadPacing((isPaused) => {
      this.#subscriber?.setPaused(isPaused);
      if (!isPaused) this.#publisher.readNow();
    });
    /** @type {import('./route/forwarder.js').Steps} */
    const steps = {
      ready: () => this.#backend.whenReady(),
      decide: (batch) => this.#decide(batch),
      settle: (batch, outcomes) => this.#settle(batch, outcomes),
      inputsWait: (messages, bytes) => this.#subscriber?.setWaiting(messages, bytes),
      commandsWait: (messages, bytes) => this.#commandSubscriber?.setWaiting(messages, bytes),
    };
    this.#forwarder = new Forwarder(steps, pacing, options.count);
    this.#backend.on('ready', () => this.#showSnapshots());
  }

  /** What is missing for quotes to be decided and orders to be published, and why: a line for each. */
  get missing() {
    const { shown, fault } = this.#broker;
    const backend = `backend ${this.#options.rpc}`;
    const lines = [];
    if (fault) lines.push(`broker ${shown}: ${fault}`);
    if (this.#backend.fault) lines.push(`${backend}: ${this.#backend.fault}`);
    if (lines.length > 0) return lines;
    if (!this.#isAdmitted || !this.#backend.ready) return [`${backend}: it is being admitted`];
    return this.#subscribers.every(({ ready }) => ready)
      ? []
      : [`broker ${shown}: it has not confirmed the subscriptions yet`];
  }

  /**
   * Carry quotes until `stop`, or until `count` of them are decided and published.
   * @throws {UserError} if the backend is not an algorithm, refuses to initialize, or is not admitted
   */
  async run() {
    this.#publisher.start();
    const backendFails = this.#backend.run().then(() => new Promise(() => {}));
    try {
      await Promise.race([this.#forwarder.run(), backendFails, this.#failed, this.#leaving]);
    } finally {
      await this.#end();
    }
  }

  /** End once the batch under way is published and acknowledged, if that is possible soon. */
  stop() {
    if (this.#isStopping) return;
    this.#log.info('asked to stop: stopping');
    this.#beginToEnd();
  }

  /** From now on wait no longer than MAX_GRACE, and only while broker and backend are available. */
  #beginToEnd() {
    if (this.#isStopping) return;
    this.#isStopping = true;
    for (const part of [this.#backend, this.#publisher.connection, ...this.#subscribers]) part.retire();
    this.#forwarder.stop();
    if (!this.#backend.ready || !this.#publisher.connected) this.#leave();
    this.#backend.once('lost', this.#leave);
    this.#publisher.connection.once('down', this.#leave);
    setTimeout(this.#leave, MAX_GRACE).unref();
  }

  /** Subscribe to the backend's channels, and make sure that its journal has every published decision. */
  async #admit() {
    const { name, channels, journalSeq } = this.#backend;
    const subscriber = this.#subscriber;
    if (subscriber) {
      subscriber.change(channels);
      const gone = this.#forwarder.inputs.keep(({ topic }) => subscriber.wants(topic));
      for (const message of gone) message.acknowledge();
    } else {
      this.#topics = outputTopics(name, this.#broker.prefix);
      this.#claim = new Claim(this.#topics.claim, this.#publisher);
      this.#claim.once('superseded', (other) => {
        this.#fail(
          new UserError(`another bridge for ${name} has started (${other}): this one ends. ${SECOND_SERVICE}`),
        );
      });
      this.#claim.start();
      this.#halts = new Halts(name, this.#topics.halt, this.#log);
      this.#decider = new Decider(name, this.#backend, this.#halts, this.#log);
      // The name alone, so that a bridge that is started again finds its session and the messages in it.
      this.#subscriber = new Subscriber(this.#broker, `tickwire-bridge-${name}`, {
        receive: (message) => this.#enqueue(this.#forwarder.inputs, this.#intake.read(message)),
        // the broker sends again what waits here unacknowledged, in its order
        resumed: () => this.#forwarder.inputs.keep((message) => !message.comesAgain),
      });
      this.#subscriber.start(channels);
    }
    if (journalSeq !== undefined) {
      const isAccepted = this.#options.acceptOlderJournal ?? false;
      const journal = { name, seq: journalSeq };
      await checkAge(journal, this.#topics.portfolio, this.#publisher.connection, isAccepted, this.#log);
    }
    await this.#halts?.read(this.#publisher.connection);
    if (await this.#halts?.handTo(this.#backend)) {
      void this.#publisher.publish([haltPublication(null, this.#topics)]); // once the backend is ready
    }
    this.#commandSubscriber ??= this.#subscribeToCommands(name);
    await this.#commandSubscriber.answered; // a halt that waited there is decided before the first quote
    this.#isAdmitted = true;
  }

  /** @param {string} name */
  #subscribeToCommands(name) {
    /** @type {import('./route/command_intake.js').Refusals} */
    const refusals = {
      report: (record) => this.#publisher.report(this.#topics.errors, record),
      reply: (payload) => this.#publisher.publish([{ topic: this.#topics.replies, payload }]),
    };
    const intake = new CommandIntake(name, refusals, this.#log);
    const queue = this.#forwarder.commands;
    const subscriber = new Subscriber(this.#broker, `tickwire-commands-${name}`, {
      receive: (message) => this.#enqueue(queue, intake.read(message)),
      resumed: () => queue.keep((message) => !message.comesAgain),
    });
    subscriber.start([`commands/${name}`]);
    return subscriber;
  }

  get #subscribers() {
    return [this.#subscriber, this.#commandSubscriber].filter((subscriber) => subscriber !== undefined);
  }

  #showSnapshots() {
    if (!this.#backend.hasSnapshot) return;
    this.#snapshots ??= new Snapshots(
      () => this.#backend.snapshot(),
      (payload) => this.#publisher.publish([{ topic: this.#topics.portfolio, payload, retain: true }]),
      this.#log,
    );
    this.#snapshots.touch();
  }

  /**
   * @param {import('./route/queue.js').Queue} queue
   * @param {import('./route/queue.js').Waiting | undefined} waiting
   */
  #enqueue(queue, waiting) {
    if (waiting) queue.push(waiting);
  }

  /** @param {import('./route/queue.js').Waiting[]} batch */
  async #decide(batch) {
    const decider = /** @type {Decider} */ (this.#decider); // which is there before the first message
    const outcomes = await decider.decide(batch);
    this.#lossWindow.decided();
    return outcomes;
  }

  /**
   * Publish the outcomes of a batch, and acknowledge it only when the broker has confirmed them.
   * @param {import('./route/queue.js').Waiting[]} batch
   * @param {import('./backend/decisions.js').Outcome[]} outcomes
   */
  async #settle(batch, outcomes) {
    const { publications, errors } = readOutcomes(batch, outcomes, this.#backend.name, this.#topics, this.#log);
    for (const record of errors) this.#publisher.report(this.#topics.errors, record);
    await this.#publisher.publish(publications);
    for (const { message } of batch) message.acknowledge();
    this.#snapshots?.touch();
  }

  /**
   * Publish again what the broker may have lost; it comes first on every connection.
   * @param {import('./mqtt/publisher.js').Publish} publish
   */
  async #recover(publish) {
    await this.#backend.whenReady(); // only then the algorithm's name, and so the topics, are known
    await republish(this.#backend, this.#lossWindow.seconds, this.#topics, publish);
    if (this.#halts?.isPublished) await publish([haltPublication(this.#halts.current, this.#topics)]);
  }

  async #end() {
    this.#beginToEnd();
    // the acknowledgements of the last batch leave before the connection does
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.stop()));
    await Promise.race([this.#snapshots?.flush(), this.#leaving]);
    // before it is admitted nothing was published, not even the claim
    if (this.#isAdmitted) await Promise.race([this.#claim?.withdraw(), this.#leaving]);
    await this.#publisher.stop();
    await this.#backend.close();
  }
}

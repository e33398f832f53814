import { randomBytes } from 'node:crypto';

import { Backend } from './backend/backend.js';
import { CallSize } from './backend/call_size.js';
import { Claim } from './route/claim.js';
import { errorRecord } from './route/error_record.js';
import { QuoteError, UserError } from './support/errors.js';
import { Instruments } from './messages/instruments.js';
import { readQuotes } from './messages/quote.js';
import { checkAge } from './route/older_journal.js';
import { readOutcome } from './route/outcome.js';
import { Publisher } from './mqtt/publisher.js';
import { Queue } from './route/queue.js';
import { LossWindow, republish } from './route/republish.js';
import { Rest } from './route/rest.js';
import { Snapshots } from './route/snapshots.js';
import { Subscriber } from './mqtt/subscriber.js';
import { outputTopics } from './route/topics.js';

/** Bytes of messages in one call, or as many more as the last one has. */
const MOST_BYTES = 8 * 1024 * 1024;
/** With more messages than this in a call the pipeline is busy, and it pays to read late. */
const BUSY = 25;
/** Messages that are worth a call when it is busy. */
const WORTH_A_CALL = 200;
/** ms that what is under way is given when the bridge ends. */
const GRACE = 5000;
const SECOND_SERVICE =
  'A second service of one algorithm needs a name of its own: algo-service serve --name NAME, or bridge-node --name NAME for a backend that tells no name';

/**
 * Carries quotes from the broker to an algorithm, and its orders and fills back.
 *
 * While one call is under way quotes gather; when it returns, those that have gathered go in the
 * next. So an idle pipeline forwards a quote at once, and a busy one pays one call for hundreds.
 */
export class Bridge {
  #options;
  #broker;
  #log;
  #backend;
  #publisher;
  #lossWindow;
  /** @type {Subscriber | undefined} */
  #subscriber;
  /** @type {Snapshots | undefined} */
  #snapshots;
  #queue = new Queue((messages, bytes) => this.#subscriber?.setWaiting(messages, bytes));
  #rest = new Rest((isResting) => {
    this.#subscriber?.rest(isResting);
    if (!isResting) this.#publisher.look();
  });
  #callSize = new CallSize();
  #left;
  #admitted = false;
  #stopping = false;
  /** @type {() => void} */
  #leave = () => {};
  /** Resolves when, on ending, nothing is worth waiting for any more. */
  #toldToLeave = new Promise((resolve) => {
    this.#leave = () => resolve(undefined);
  });
  /** @type {Claim | undefined} */
  #claim;
  /** @type {(error: UserError) => void} */
  #giveUp = () => {};
  #givenUp = new Promise((_, reject) => {
    this.#giveUp = reject;
  });
  /** The batch that was decided last, until the broker has its orders. @type {Promise<unknown>} */
  #confirmed = Promise.resolve();
  /** Ends the waiting of the loop for quotes. */
  #wake = () => {};
  #topics = outputTopics('');
  #idPrefix = `~${randomBytes(6).toString('hex')}`;
  #idCount = 0;
  #instruments = new Instruments();

  /**
   * @param {object} options
   * @param {string} options.rpc  the backend's address
   * @param {Record<string, unknown>} options.params  for `initialize`
   * @param {string} [options.name]  of a backend that does not tell its own
   * @param {string[]} [options.channels]  in place of those that `initialize` returns
   * @param {number} [options.count]  stop after so many quotes
   * @param {boolean} [options.acceptOlderJournal]  than what was published
   * @param {import('./messages/quote.js').Rules} [options.rules]  what the user says of messages
   * @param {import('./mqtt/broker.js').Broker} broker
   */
  constructor(options, broker) {
    this.#options = options;
    this.#broker = broker;
    this.#log = broker.log;
    this.#left = options.count ?? Infinity;
    this.#backend = new Backend(options.rpc, options.params, options, broker.log, () => this.#admit());
    this.#publisher = new Publisher(broker, (publish) => this.#recover(publish));
    this.#lossWindow = new LossWindow(this.#publisher.connection);
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
    if (!this.#admitted || !this.#backend.ready) return [`${backend}: it is being admitted`];
    return this.#subscriber?.ready ? [] : [`broker ${shown}: it has not confirmed the subscriptions yet`];
  }

  /**
   * Carry quotes until `stop`, or until `count` of them are done.
   * @throws {import('./support/errors.js').UserError} if the backend is none, or refuses, or is not admitted
   */
  async run() {
    this.#publisher.start();
    const backendFails = this.#backend.run().then(() => new Promise(() => {}));
    try {
      await Promise.race([this.#forward(), backendFails, this.#givenUp, this.#toldToLeave]);
    } finally {
      await this.#end();
    }
  }

  /** End once the batch under way is done with, if that can be soon. */
  stop() {
    if (this.#stopping) return;
    this.#log.info('told to end: ending');
    this.#beginToEnd();
  }

  /** From now on nothing is waited for longer than GRACE, or than broker and backend are there. */
  #beginToEnd() {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const part of [this.#backend, this.#publisher.connection, this.#subscriber]) part?.retire();
    this.#wake();
    if (!this.#backend.ready || !this.#publisher.connected) this.#leave();
    this.#backend.once('lost', this.#leave);
    this.#publisher.connection.once('down', this.#leave);
    setTimeout(this.#leave, GRACE).unref();
  }

  /** Subscribe to what the backend wants, and make sure that its journal is no older than what was published. */
  async #admit() {
    const { name, channels, journalSeq } = this.#backend;
    const subscriber = this.#subscriber;
    if (subscriber) {
      subscriber.change(channels);
      for (const message of this.#queue.keep(({ topic }) => subscriber.wants(topic))) message.acknowledge();
    } else {
      this.#topics = outputTopics(name, this.#broker.prefix);
      this.#claim = new Claim(this.#topics.claim, this.#publisher);
      this.#claim.once('superseded', (other) => {
        this.#giveUp(
          new UserError(`another bridge for ${name} has started (${other}): this one ends. ${SECOND_SERVICE}`),
        );
      });
      this.#claim.start();
      // The name alone, so that a bridge that is started again finds its session and what waits in it.
      this.#subscriber = new Subscriber(this.#broker, `tickwire-bridge-${name}`, {
        receive: (message) => this.#receive(message),
        resumed: () => this.#forgetWhatComesAgain(),
      });
      this.#subscriber.start(channels);
    }
    if (journalSeq !== undefined) {
      const isAccepted = this.#options.acceptOlderJournal ?? false;
      const journal = { name, seq: journalSeq };
      await checkAge(journal, this.#topics.portfolio, this.#publisher.connection, isAccepted, this.#log);
    }
    this.#admitted = true;
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

  /** @param {import('./mqtt/subscriber.js').Message} message */
  #receive(message) {
    const { topic, payload } = message;
    let quotes;
    try {
      quotes = readQuotes(topic, payload, this.#newId, this.#options.rules);
    } catch (error) {
      if (!(error instanceof QuoteError)) throw error;
      this.#log.warn({ topic, length: payload.length, code: error.code }, `refused: ${error.message}`);
      this.#publisher.report(this.#topics.errors, errorRecord(topic, payload, error.code, error.message));
      message.acknowledge();
      return;
    }
    if (this.#log.isLevelEnabled('info')) {
      for (const { sid, quote, id, channel } of quotes) {
        if (this.#instruments.isNew(sid)) this.#log.info({ sid, channel }, 'first quote of a new instrument');
        this.#log.info({ sid, quote, id, channel }, 'received');
      }
    }
    this.#queue.push({ message, quotes });
    this.#wake();
  }

  #newId = () => `${this.#idPrefix}-${this.#idCount++}`;

  /** The broker has kept the session: what waits here unacknowledged comes again, in its order. */
  #forgetWhatComesAgain() {
    this.#queue.keep((message) => !message.comesAgain);
  }

  async #forward() {
    let batch = await this.#nextBatch();
    let answer = batch && this.#decide(batch);
    while (batch && answer) {
      const decisions = await answer;
      this.#left -= decisions.length;
      await this.#rest.end();
      // The next call leaves first, so that the algorithm decides while these are published. When
      // busy, only if much has gathered: many small calls would take the time that the broker needs.
      const isBusy = batch.length > BUSY;
      const next = isBusy && this.#queue.length < WORTH_A_CALL ? undefined : this.#takeBatch();
      answer = next && this.#decide(next);
      answer?.catch(() => {}); // it is awaited, and fails there, after these are confirmed
      const before = this.#confirmed;
      this.#confirmed = this.#settle(batch, decisions);
      if (isBusy && !next) this.#rest.begin();
      await before; // so that what is under way has a bound: three batches
      if (!next) await this.#rest.end();
      batch = next ?? (await this.#nextBatch());
      answer ??= batch && this.#decide(batch);
    }
    await this.#confirmed;
  }

  /** @param {import('./route/queue.js').Waiting[]} batch */
  async #decide(batch) {
    if (batch.length > BUSY) this.#rest.begin();
    const begun = performance.now();
    const decisions = await this.#backend.decide(batch.flatMap(({ quotes }) => quotes));
    this.#lossWindow.decided();
    this.#callSize.learn(decisions.length, performance.now() - begun);
    return decisions;
  }

  /** Wait for quotes; undefined if no more are to be decided. */
  async #nextBatch() {
    for (;;) {
      const batch = this.#takeBatch();
      if (batch || this.#isDone()) return batch;
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
      this.#wake = () => {};
    }
  }

  #takeBatch() {
    if (this.#isDone()) return undefined;
    return this.#queue.take(Math.min(this.#callSize.quotes, this.#left), MOST_BYTES);
  }

  #isDone() {
    return this.#stopping || this.#left <= 0;
  }

  /**
   * Publish what came of a batch, and only when the broker has confirmed that acknowledge it.
   * @param {import('./route/queue.js').Waiting[]} batch
   * @param {(import('./backend/backend.js').Decision | import('./backend/backend.js').Failure)[]} decisions
   */
  async #settle(batch, decisions) {
    const { publications, errors } = readOutcome(batch, decisions, this.#topics, this.#log);
    for (const record of errors) this.#publisher.report(this.#topics.errors, record);
    await this.#publisher.publish(publications);
    for (const { message } of batch) message.acknowledge();
    this.#snapshots?.touch();
  }

  /**
   * What the broker may have forgotten comes first on every connection.
   * @param {import('./mqtt/publisher.js').Publish} publish
   */
  async #recover(publish) {
    await this.#backend.whenReady(); // it tells the algorithm's name, and so the topics
    return republish(this.#backend, this.#lossWindow.seconds, this.#topics, publish);
  }

  async #end() {
    this.#beginToEnd();
    // the acknowledgements of the last batch leave before the connection does
    await this.#subscriber?.stop();
    await Promise.race([this.#snapshots?.flush(), this.#toldToLeave]);
    // before that nothing was published, the claim neither
    if (this.#admitted) await Promise.race([this.#claim?.withdraw(), this.#toldToLeave]);
    await this.#publisher.stop();
    await this.#backend.close();
  }
}

import { startBackend } from './fake_backend.js';

/** What two services would have in one file: its decisions in their order, and who has it open. */
export class FakeJournal {
  id = Math.random().toString(16).slice(2);
  epoch = 0;
  /** The ids of the inputs, in the order in which they were decided. @type {string[]} */
  decided = [];
  /** The service that has it open. @type {FakeHolder | undefined} */
  holder;
  handedOver = false;
  /** The epoch. @type {number | null} */
  takenOver = null;
  /** How many inputs were decided before it began, and which of them it knows. */
  before = 0;
  /** @type {string[]} */
  recent = [];
  /** Units. */
  held = 0;
  /** A person's. @type {{reason: string, by: string | null, id: string} | null} */
  halt = null;
  /** Orders that wait for a quote. @type {object[]} */
  waiting = [];

  get seq() {
    return this.before + this.decided.length;
  }
}

/**
 * A service with a journal, open or a standby: what the contract says of `journal`, `release`, `acquire`, and of
 * `hand_over`, `take_over` and `take_back`.
 */
export class FakeHolder {
  /** That `initialize` returns. */
  channels = ['quotes'];
  /** Whether its sales wait for ever. */
  hasNoBuyer = false;

  /**
   * Called before and after each of these methods, and awaited; it may throw.
   * @type {(method: string, when: 'before' | 'after') => unknown}
   */
  at = () => {};

  /** @param {FakeJournal} journal */
  constructor(journal, name = 'mine') {
    this.journal = journal;
    this.name = name;
  }

  get isOpen() {
    return this.journal.holder === this;
  }

  methods() {
    /** @type {Record<string, (...args: any[]) => unknown>} */
    const methods = {
      initialize: () => {
        this.#checkOpen();
        return this.channels;
      },
      event: () => null,
      inputs: () => ['quote', 'command'],
      events: (/** @type {any[]} */ inputs) => {
        this.#checkOpen();
        return inputs.map((input) => this.#decide(input));
      },
      snapshot: () => ({
        algo: this.name,
        seq: this.journal.seq,
        cash: 50000,
        positions: this.#positions,
      }),
      orders_since: () => [],
      journal: () => this.#standing(),
      release: () => {
        if (this.isOpen) this.journal.holder = undefined;
        return this.#standing();
      },
      acquire: (/** @type {number} */ epoch) => {
        const { journal } = this;
        if (journal.holder && !this.isOpen) throw new Error('in use by another service');
        if (this.isOpen ? epoch < journal.epoch : epoch <= journal.epoch) throw new Error('comes too late');
        journal.epoch = epoch;
        journal.holder = this;
        return this.#standing();
      },
      hand_over: (/** @type {number} */ epoch) => {
        const { journal } = this;
        if (!this.isOpen) throw new Error('mine is a standby here');
        if (epoch < journal.epoch || (epoch === journal.epoch && !journal.handedOver))
          throw new Error('comes too late');
        journal.epoch = epoch;
        journal.handedOver = true;
        const { seq, halt, waiting: cancelled } = journal;
        const recent = [...journal.recent, ...journal.decided];
        return { seq, epoch, cash: 50000, positions: this.#positions, halt, stop: null, cancelled, recent };
      },
      take_over: (/** @type {any} */ account, /** @type {number} */ epoch) => {
        const { journal } = this;
        this.#checkOpen();
        if (journal.decided.length > 0) throw new Error('it has decided already');
        if (epoch < journal.epoch) throw new Error('comes too late');
        const { seq: before, recent, positions, halt } = account;
        const held = positions.GOOG?.quantity ?? 0;
        Object.assign(journal, { epoch, takenOver: epoch, before, recent, held, halt });
        return this.#standing();
      },
      take_back: (/** @type {number} */ epoch) => {
        const { journal } = this;
        if (epoch < journal.epoch || (epoch === journal.epoch && journal.handedOver)) throw new Error('comes too late');
        Object.assign(journal, { epoch, handedOver: false, holder: this });
        return this.#standing();
      },
    };
    return Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        async (/** @type {any[]} */ ...args) => {
          await this.at(name, 'before');
          const value = method(...args);
          await this.at(name, 'after');
          return value;
        },
      ]),
    );
  }

  get #positions() {
    const { held } = this.journal;
    return held > 0 ? { GOOG: { quantity: held } } : {};
  }

  /** @param {any} input */
  #decide({ channel, id, sid, command, by = null, reason }) {
    const { journal } = this;
    if (!channel.startsWith('commands/')) {
      const quantity = journal.halt ? 0 : 1;
      if (!journal.decided.includes(id) && !journal.recent.includes(id)) {
        journal.decided.push(id);
        journal.held += quantity;
      }
      return { orders: [JSON.stringify({ id, sid, side: 'buy', quantity })], fills: [] };
    }
    journal.halt = command === 'resume' ? null : (journal.halt ?? { reason, by, id });
    if (command === 'flatten' && !this.hasNoBuyer) journal.held = 0;
    const reply = { id, outcome: 'done', text: command, halt: journal.halt?.reason ?? null };
    return { orders: [], fills: [], reply: JSON.stringify(reply) };
  }

  #standing() {
    const { id, epoch, seq, handedOver, takenOver } = this.journal;
    return {
      id,
      seq,
      epoch,
      is_open: this.isOpen,
      file: 'mine.db',
      handed_over: handedOver,
      taken_over: takenOver,
    };
  }

  #checkOpen() {
    if (!this.isOpen) throw new Error('mine is a standby here');
    if (this.journal.handedOver) throw new Error('mine was handed over');
  }
}

/**
 * A FakeHolder that is served, and can be killed and started again as a standby.
 * @param {import('node:test').TestContext} t
 * @param {FakeJournal} journal
 * @param {boolean} isOpen
 */
export async function startHolder(t, journal, isOpen) {
  const holder = new FakeHolder(journal);
  if (isOpen) journal.holder = holder;
  let served = await startBackend(t, holder.methods());
  const { address } = served;
  const kill = () => {
    served.stop();
    if (holder.isOpen) journal.holder = undefined; // the system frees the lock
  };
  const startAgain = async () => {
    served = await startBackend(t, holder.methods(), address);
  };
  return { address, holder, kill, startAgain };
}

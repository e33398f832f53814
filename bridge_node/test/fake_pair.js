import { startBackend } from './fake_backend.js';

/** What two services would have in one file: its decisions in their order, and who has it open. */
export class FakeJournal {
  id = Math.random().toString(16).slice(2);
  epoch = 0;
  /** The ids of the inputs, in the order in which they were decided. @type {string[]} */
  decided = [];
  /** The greatest number of services that had it open at a time. */
  /** @type {FakeHolder | undefined} */
  holder;
}

/** A service with a journal, open or a standby: what the contract says of `journal`, `release` and `acquire`. */
export class FakeHolder {
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
        return ['quotes'];
      },
      event: () => null,
      inputs: () => ['quote'],
      events: (/** @type {any[]} */ inputs) => {
        this.#checkOpen();
        return inputs.map(({ id, sid }) => {
          if (!this.journal.decided.includes(id)) this.journal.decided.push(id);
          return { orders: [JSON.stringify({ id, sid, side: 'buy', quantity: 1 })], fills: [] };
        });
      },
      snapshot: () => ({ algo: this.name, seq: this.journal.decided.length }),
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

  #standing() {
    const { id, epoch, decided } = this.journal;
    return { id, seq: decided.length, epoch, is_open: this.isOpen, file: 'mine.db' };
  }

  #checkOpen() {
    if (!this.isOpen) throw new Error('mine is a standby here');
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

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { followingId, hasExpired } from '../messages/command.js';
import { Deferred } from '../support/deferred.js';
import { SwapRefusal } from './swap_ends.js';
import { commandChannel } from './topics.js';

/** ms between two looks at what is held. */
const INTERVAL = 200;
/** Instruments that a sentence names. */
const MAX_NAMED = 5;

/**
 * Has a backend sell all that it holds: it gets the command flatten, and goes on deciding until each sale has had its
 * quote.
 */
export class Flattening {
  #swap;
  #backend;
  #commands;

  /**
   * @param {import('../messages/command.js').Command} swap  whose expiry bounds it
   * @param {import('../backend/backend.js').Backend} backend
   * @param {import('./queue.js').Queue} commands
   */
  constructor(swap, backend, commands) {
    this.#swap = swap;
    this.#backend = backend;
    this.#commands = commands;
  }

  /** The id of the command: the same if the swap comes again. */
  get id() {
    return followingId(this.#swap.id, 'flatten');
  }

  /**
   * @param {string} algo  the name
   * @param {AbortSignal} signal  ends the waiting
   * @throws {SwapRefusal} if something is held when the swap expires
   */
  async run(algo, signal) {
    const isDecided = this.#order(algo);
    /** @type {string[] | false | undefined} */
    let held;
    for (;;) {
      // what it held before the command says nothing of what it has bought since
      held = (await Promise.race([isDecided, sleep(INTERVAL, false, { signal })])) && (await this.#held());
      if (held && held.length === 0) return;
      if (hasExpired(this.#swap, Date.now())) break;
      await sleep(INTERVAL, undefined, { signal });
    }
    const what = held ? `${algo} still holds ${named(held)}` : `${algo} has not answered`;
    throw new SwapRefusal(`the swap has expired: ${what}, which is sold at its next trusted quote`);
  }

  /**
   * @param {string} algo
   * @returns {Promise<true>} resolves when it is decided, and what came of it published
   */
  #order(algo) {
    const decided = new Deferred();
    const channel = commandChannel(algo);
    const { by, reason, expires } = this.#swap;
    const why = reason ?? `swap to ${this.#swap.to}`;
    /** @type {import('../messages/command.js').Command} */
    const command = { channel, id: this.id, command: 'flatten', ...(by !== undefined && { by }), reason: why, expires };
    const payload = Buffer.from(JSON.stringify(command));
    const message = {
      topic: channel,
      payload,
      bytes: payload.length,
      sha256: createHash('sha256').update(payload).digest('hex'),
      receivedAt: Date.now(),
      published: undefined,
      comesAgain: false,
      acknowledge: () => decided.resolve(),
      drop: () => {},
    };
    this.#commands.push({ message, kind: 'command', inputs: [command] });
    return decided.promise.then(() => true);
  }

  /** @returns {Promise<string[] | undefined>} instruments; undefined if it does not answer at present */
  async #held() {
    try {
      const { positions } = await this.#backend.snapshot();
      return positions instanceof Object ? Object.keys(positions) : undefined;
    } catch (error) {
      if (error instanceof RemoteError || error instanceof LostRemoteError) return undefined;
      throw error;
    }
  }
}

/** @param {string[]} sids */
export function named(sids) {
  const more = sids.length - MAX_NAMED;
  return sids.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

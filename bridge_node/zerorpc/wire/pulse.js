/**
 * Decides once a period whether the remote of one open call is alive, from the beats that were received.
 *
 * The rule is that of zerorpc-python's heartbeat.py (HeartBeatOnChannel._heartbeat): both sides send a beat
 * once a period; a remote that was silent for two periods is lost. The first look only starts the clock, so a
 * call that never received a beat is lost at the third. It counts looks, not milliseconds: a process that was
 * suspended itself, and looks once instead of ten times, counts that time as one period.
 */
export class Pulse {
  #heard = false;
  #quiet;
  #silent = -1; // the first look starts the clock

  /** @param {number} quiet  the number of looks at which no beat is sent yet */
  constructor(quiet) {
    this.#quiet = quiet;
  }

  /** The remote's beat came. Only beats count (heartbeat.py, _recver). */
  hear() {
    this.#heard = true;
  }

  /**
   * @param {boolean} late  this process itself was delayed, so the silence does not count
   * @returns {'wait' | 'beat' | 'lost'}  what to do: nothing yet, send a beat, treat the remote as lost
   */
  look(late) {
    if (this.#heard) this.#silent = 0;
    else if (!late) this.#silent += 1;
    this.#heard = false;
    if (this.#silent >= 2) return 'lost';
    if (this.#quiet === 0) return 'beat';
    this.#quiet -= 1;
    return 'wait';
  }
}

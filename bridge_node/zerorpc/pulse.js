/**
 * Whether one open call's remote is alive, decided once a period from nothing but what was heard.
 *
 * The rule is that of zerorpc-python's heartbeat.py (HeartBeatOnChannel._heartbeat): both sides beat
 * once a period; the remote is lost when it was silent for two periods, looked at once a period; the
 * first look only starts the clock, so that a call which never heard a beat is given up at the third.
 * Counting looks instead of milliseconds means that a process which was itself suspended, and so
 * looks once where it should have looked ten times, counts that time as one.
 */
export class Pulse {
  #heard = false;
  #looks = 0;
  #silent = -1; // the first look starts the clock

  /** The remote's beat came. Only beats count (heartbeat.py, _recver). */
  hear() {
    this.#heard = true;
  }

  /**
   * @param {boolean} late  we ourselves were held up, so the silence may be ours: it does not count
   * @returns {'wait' | 'beat' | 'lost'}  what to do: nothing yet, send a beat, give the remote up
   */
  look(late) {
    if (this.#heard) this.#silent = 0;
    else if (!late) this.#silent += 1;
    this.#heard = false;
    if (this.#silent >= 2) return 'lost';
    // A call that lasts less than a period costs no beat; Python allows three periods for the first.
    return this.#looks++ === 0 ? 'wait' : 'beat';
  }
}

/** ms by which a clock that nobody sets may move against a steady one, and per ms that passes: NTP slews it so fast. */
const MAX_MOVE = 2000;
const MAX_SLEW = 0.0005;
/** ms for which a person has to know. */
const MAX_AGE = 60_000;

/** Notices that the clock was set, when it is asked; that should be every few seconds. */
export class ClockWatch {
  #say;
  #wall;
  #steady;
  #seen;
  #sentence = '';
  #setAt = -Infinity;

  /**
   * @param {(sentence: string) => void} say  is called once each time
   * @param {() => number} wall  ms since 1970
   * @param {() => number} steady  ms of a steady clock
   */
  constructor(say, wall = Date.now, steady = () => performance.now()) {
    this.#say = say;
    this.#wall = wall;
    this.#steady = steady;
    this.#seen = { wall: wall(), steady: steady() };
  }

  /** That it was set within the last minute, as a sentence; empty if it was not. */
  get trouble() {
    const [wall, steady] = [this.#wall(), this.#steady()];
    const passed = steady - this.#seen.steady;
    const moved = wall - this.#seen.wall - passed;
    this.#seen = { wall, steady };
    if (Math.abs(moved) > MAX_MOVE + MAX_SLEW * passed) {
      const seconds = Math.round(Math.abs(moved) / 1000);
      this.#sentence =
        moved < 0
          ? `the clock of this computer was set back by ${seconds} s`
          : `the clock of this computer was set ahead by ${seconds} s, or it slept so long`;
      this.#setAt = steady;
      this.#say(this.#sentence);
    }
    return steady - this.#setAt < MAX_AGE ? this.#sentence : '';
  }
}

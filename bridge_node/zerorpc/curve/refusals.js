/** ms in which one sentence is said once. */
const PERIOD = 60_000;
/** Sentences in that time: whoever tries again and again does not fill a log. */
const MAX_SENTENCES = 10;

/** Says who was refused, however many they are. */
export class Refusals {
  #say;
  #begun = performance.now();
  /** @type {Set<string>} */
  #said = new Set();
  #unsaid = 0;

  /** @param {(sentence: string) => void} say */
  constructor(say) {
    this.#say = say;
  }

  /** @param {string} sentence */
  note(sentence) {
    if (performance.now() - this.#begun >= PERIOD) {
      if (this.#unsaid > 0) this.#say(`refused ${this.#unsaid} more clients in the last minutes`);
      this.#begun = performance.now();
      this.#said.clear();
      this.#unsaid = 0;
    }
    if (this.#said.has(sentence) || this.#said.size >= MAX_SENTENCES) {
      this.#unsaid += 1;
      return;
    }
    this.#said.add(sentence);
    this.#say(sentence);
  }
}

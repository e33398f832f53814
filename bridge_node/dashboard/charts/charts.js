/** The charts of the view that is shown: made when their element is there, removed with it. */

/**
 * @typedef {object} Wanted
 * @property {string} name  of the element: `data-chart`
 * @property {(element: HTMLElement) => {remove: () => void}} make
 * @property {(chart: any) => void} show  what it shows at present
 */

export class Charts {
  /** @type {Map<string, {element: HTMLElement, chart: {remove: () => void}}>} */
  #shown = new Map();

  /** Draw them; call it after each draw of the page. @param {Wanted[]} wanted */
  sync(wanted) {
    for (const [name, { element, chart }] of this.#shown) {
      if (element.isConnected && wanted.some((each) => each.name === name)) continue;
      chart.remove();
      this.#shown.delete(name);
    }
    for (const { name, make, show } of wanted) {
      const element = /** @type {HTMLElement | null} */ (document.querySelector(`[data-chart="${name}"]`));
      if (!element) continue;
      const shown = this.#shown.get(name) ?? { element, chart: make(element) };
      this.#shown.set(name, shown);
      show(shown.chart);
    }
  }
}

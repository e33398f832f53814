/** The colours of charts: those of style.css. */

const COLOURS = ['muted', 'line', 'accent', 'gain', 'loss'];

/** The colours of the page as it is shown now, by name. @returns {Record<string, string>} */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/**
 * What a caller gets of anything that a method threw: name, message and traceback, as Python's servers send them.
 * Python's clients print the traceback alone, so it begins with the other two.
 * @param {unknown} thrown
 * @returns {[string, string, string]}
 */
export function describeFailure(thrown) {
  try {
    if (!(thrown instanceof Error)) return ['Error', text(thrown), `Error: ${text(thrown)}`];
    const name = nameOf(thrown);
    const message = text(thrown.message);
    const frames = /\n {4}at .*/s.exec(text(thrown.stack ?? ''))?.[0] ?? '';
    return [name, message, `${name}: ${message}${frames}`];
  } catch {
    // a getter or toString of the thrown value throws itself
    return ['Error', 'an error that cannot be described', 'Error: an error that cannot be described'];
  }
}

/** A class of one's own that extends Error is called Error, unless it says otherwise. @param {Error} error */
function nameOf(error) {
  return text(error.name === 'Error' ? (error.constructor?.name ?? 'Error') : error.name);
}

/** @param {unknown} value */
function text(value) {
  return String(value).toWellFormed();
}

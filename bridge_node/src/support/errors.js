/** A mistake of the user that one sentence explains: it is printed, and the exit status is 2. */
export class UserError extends Error {
  name = 'UserError';
}

/** A route ends for now, for a reason that is no fault: it is made again, and waits. */
export class PauseError extends UserError {
  name = 'PauseError';
}

/** Another client takes a client id of ours again and again; each attempt would only disconnect it in turn. */
export class SessionTakenError extends UserError {
  name = 'SessionTakenError';

  /** @param {string} sentence  without a full stop */
  constructor(sentence) {
    super(`${sentence}. A client id serves one client: end the other one, or give the algorithm another name`);
  }
}

/** A message is not valid. `code` is one of contracts/refusals.json. */
export class MessageError extends Error {
  name = 'MessageError';

  /**
   * @param {string} code
   * @param {string} sentence  what it shows may have been cut within a character, by JSON.parse, too
   */
  constructor(code, sentence) {
    super(sentence.toWellFormed());
    this.code = code;
  }
}

/** What was published about an algorithm is not a valid record; the message says why. */
export class RecordError extends Error {
  name = 'RecordError';
}

/** A field is not a valid time. `code` is one of contracts/README.md, "Times"; the message names the value. */
export class InvalidTimeError extends MessageError {
  /**
   * @param {string} code
   * @param {unknown} value  of the field
   * @param {string} sentence  why it is not a time
   * @param {string} [field]
   */
  constructor(code, value, sentence, field = 'ts') {
    super(code, `"${field}" is ${shown(value, 40)}: ${sentence}`);
    this.name = 'InvalidTimeError';
    this.value = value;
    this.sentence = sentence;
  }
}

/** A backend without a portfolio returned something that is not a valid order. */
export class OrderError extends Error {
  name = 'OrderError';
}

/** A backend without `events` returned something that cannot be published as data. */
export class PublicationError extends Error {
  name = 'PublicationError';
}

/**
 * @param {unknown} error
 * @returns {string} its message
 */
export function reason(error) {
  if (!(error instanceof Error)) return String(error);
  // Node reports a refused connection to a name with several addresses with an empty message
  const code = /** @type {{code?: unknown}} */ (error).code;
  return error.message || String(code ?? error.name);
}

/**
 * @param {unknown} value  of parsed JSON
 * @param {number} maxLength  in characters
 * @returns {string} the beginning of its JSON, for a sentence
 */
export function shown(value, maxLength) {
  // JSON has no name for what 1e999 becomes
  if (typeof value === 'number') return String(value);
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // what JSON.parse has read may be nested too deep to be written
    if (!(error instanceof RangeError)) throw error;
    text = Array.isArray(value) ? '[…' : '{…';
  }
  return text.length > maxLength ? `${text.slice(0, maxLength).toWellFormed()}…` : text;
}

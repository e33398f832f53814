/** A mistake of the user's that one sentence explains: printed, with exit status 2. */
export class UserError extends Error {
  name = 'UserError';
}

/** Why a message is no quote. */
export class QuoteError extends Error {
  name = 'QuoteError';
}

/** What a backend without a portfolio returned is no order. */
export class OrderError extends Error {
  name = 'OrderError';
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

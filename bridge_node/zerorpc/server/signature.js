/**
 * A parameter of a function, as its source has it.
 * @typedef {{name: string, isRest: boolean, default?: unknown}} Parameter
 */

const OPENING = '([{';
const CLOSING = ')]}';
const QUOTES = '\'"`';

/**
 * The parameters of a function, read from its source: JavaScript keeps no other record of them.
 * @param {Function} method
 * @returns {Parameter[] | undefined}  undefined for a function without a source, such as a bound one
 */
export function parametersOf(method) {
  const source = Function.prototype.toString.call(method);
  if (source.endsWith('{ [native code] }')) return undefined;
  const bare = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(source);
  if (bare) return [{ name: bare[1], isRest: false }];
  return split(source.slice(source.indexOf('(') + 1), ',')
    .map((text) => text.trim())
    .filter(Boolean)
    .map(parameter);
}

/**
 * The texts between separators, without comments, up to the bracket that closes the list.
 * @param {string} source
 * @param {string} separator  one character; those within brackets are none
 */
function split(source, separator) {
  const parts = [''];
  let depth = 0;
  for (let at = 0; at < source.length;) {
    const text = skip(source, at);
    at += text.length;
    if (OPENING.includes(text)) depth += 1;
    else if (CLOSING.includes(text)) depth -= 1;
    if (depth < 0) break;
    if (depth === 0 && text === separator) parts.push('');
    else if (!text.startsWith('//') && !text.startsWith('/*')) parts[parts.length - 1] += text;
  }
  return parts;
}

/**
 * The comment or the quoted text that begins here, or else one character.
 * @param {string} source
 * @param {number} at
 */
function skip(source, at) {
  const char = source[at];
  if (source.startsWith('//', at)) return source.slice(at, lineEnd(source, at));
  if (source.startsWith('/*', at)) return source.slice(at, source.indexOf('*/', at) + 2);
  if (!QUOTES.includes(char)) return char;
  let end = at + 1;
  while (source[end] !== char) end += source[end] === '\\' ? 2 : 1;
  return source.slice(at, end + 1);
}

/**
 * @param {string} source
 * @param {number} at
 */
function lineEnd(source, at) {
  const end = source.indexOf('\n', at);
  return end === -1 ? source.length : end;
}

/** @param {string} text @returns {Parameter} */
function parameter(text) {
  const isRest = text.startsWith('...');
  const [left] = split(text, '=');
  const name = (isRest ? left.slice(3) : left).trim();
  return left === text ? { name, isRest } : { name, isRest, default: valueOf(text.slice(left.length + 1).trim()) };
}

/**
 * The value of a literal; of any other default its text, as nothing is evaluated.
 * @param {string} text
 */
function valueOf(text) {
  try {
    return JSON.parse(text.replace(/^'([^'"\\]*)'$/, '"$1"'));
  } catch {
    return text;
  }
}

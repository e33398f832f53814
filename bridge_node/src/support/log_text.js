/**
 * Control characters, ends of lines and paragraphs, marks of direction, halves of pairs: what could begin another line,
 * move the cursor, or show a line otherwise than it was written.
 */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- they are what it is about
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;
/** @type {Record<string, string>} */
const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const DIM = '\u001b[2m';
const END = '\u001b[0m';
/** @type {Record<string, string>} */
const COLOURS = { debug: '\u001b[34m', warning: '\u001b[33m', error: '\u001b[31m' };

const ELSEWHERE = ['time', 'level', 'component', 'event', 'traceback'];

/**
 * A text with each character that could forge a line written as JSON writes it.
 * @param {string} text
 */
export function escaped(text) {
  return text.replace(
    UNPRINTABLE,
    (found) => SHORT[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A log line for a person: level, sentence, fields; the lines of a traceback follow it, indented.
 * @param {Record<string, any>} fields  of the line, as JSON has them
 * @param {boolean} isColoured  for a terminal: with colours, and the time before it
 */
export function textOf(fields, isColoured) {
  const { level, traceback } = fields;
  const isPlain = level === 'info';
  const sentence = isPlain ? escaped(fields.event) : `${level}: ${escaped(fields.event)}`;
  const told = traceback ? [...ELSEWHERE, 'error'] : ELSEWHERE;
  const rest = Object.entries(fields)
    .filter(([name]) => !told.includes(name))
    .map(([name, value]) => `${escaped(name)}=${shown(value)}`)
    .join(' ');
  const lines = traceback ? String(traceback).trimEnd().split('\n') : [];
  const below = lines.map((line) => `\n    ${escaped(line)}`).join('');
  if (!isColoured) return `${sentence}${rest && `  ${rest}`}${below}`;
  const at = `${DIM}${new Date(fields.time).toTimeString().slice(0, 8)}${END}`;
  const coloured = isPlain ? sentence : `${COLOURS[level]}${sentence}${END}`;
  return `${at} ${coloured}${rest && `  ${DIM}${rest}${END}`}${below && `${DIM}${below}${END}`}`;
}

/**
 * A value: bare if it is one word, otherwise as JSON.
 * @param {any} value
 */
function shown(value) {
  if (typeof value === 'string' && value !== '' && !/[\s"={}[\]]/.test(value)) return escaped(value);
  return escaped(JSON.stringify(value));
}

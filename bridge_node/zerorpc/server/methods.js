import { parametersOf } from './signature.js';

/**
 * A function that callers may call. Its `doc`, if it has one, describes it to them.
 * @typedef {((...args: any[]) => any) & {doc?: string}} Method
 */

/**
 * What a server exposes: the functions of an object, those that it inherits too, except for names that begin with `_`;
 * and what ZeroRPC's servers tell about themselves (zerorpc-python core.py, ServerBase._inject_builtins).
 * @param {object} exposed
 * @param {string} name  of the server
 * @returns {Map<string, Method>}
 * @throws {TypeError} if there is no function
 */
export function collectMethods(exposed, name) {
  const own = typeof exposed === 'object' ? functionsOf(exposed) : new Map();
  if (own.size === 0) {
    throw new TypeError('a server has nothing to expose; pass an object with functions, such as {event(quote) {}}');
  }
  return new Map([...own, ...Object.entries(builtIns(own, name))]);
}

/** @param {object} exposed */
function functionsOf(exposed) {
  /** @type {Map<string, Method>} */
  const found = new Map();
  for (let layer = exposed; layer && layer !== Object.prototype; layer = Object.getPrototypeOf(layer)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(layer))) {
      if (typeof value !== 'function' || name === 'constructor' || name.startsWith('_') || found.has(name)) continue;
      found.set(name, value);
    }
  }
  return found;
}

/**
 * @param {Map<string, Method>} own
 * @param {string} name
 * @returns {Record<string, Method>}
 */
function builtIns(own, name) {
  const find = (/** @type {string} */ method) => {
    const found = own.get(method);
    if (!found) throw new UnknownMethod(method);
    return found;
  };
  return {
    _zerorpc_list: () => [...own.keys()],
    _zerorpc_name: () => name,
    _zerorpc_ping: () => ['pong', name],
    _zerorpc_help: (method) => find(method).doc ?? null,
    _zerorpc_args: (method) => argumentsOf(find(method)),
    _zerorpc_inspect: () => ({
      name,
      methods: new Map([...own].map(([key, method]) => [key, { args: described(method), doc: method.doc ?? null }])),
    }),
  };
}

/**
 * As Python's `inspect.getargspec`: names, the name of the rest, nil, and the last defaults.
 * @param {Method} method
 */
function argumentsOf(method) {
  const all = parametersOf(method);
  if (!all) return null;
  const named = all.filter(({ isRest }) => !isRest);
  const defaults = named.filter((each) => 'default' in each).map((each) => each.default);
  const rest = all.find(({ isRest }) => isRest);
  return [named.map((each) => each.name), rest?.name ?? null, null, defaults.length > 0 ? defaults : null];
}

/** @param {Method} method */
function described(method) {
  const named = parametersOf(method)?.filter(({ isRest }) => !isRest);
  if (!named) return null;
  return named.map((each) => ('default' in each ? { name: each.name, default: each.default } : { name: each.name }));
}

/** A caller named a method that is not there. It has the name of Python's error. */
export class UnknownMethod extends Error {
  name = 'NameError';
}

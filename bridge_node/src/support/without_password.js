/**
 * A text that may be an address, well-formed or not, without the part that may be a password.
 * @param {string} text
 */
export function withoutPassword(text) {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const at = text.lastIndexOf('@');
  if (at >= 0) return `${scheme}***@${withoutQuery(text.slice(at + 1))}`;
  // if the host was forgotten, a password is in the place of the port
  const [host, ...rest] = text.slice(scheme.length).split(':');
  const isPort = /^\d{0,5}(?=[/?#]|$)/.test(rest.join(':')) && !(parseInt(rest[0], 10) > 65535);
  return rest.length === 0 || host.startsWith('[') || isPort ? withoutQuery(text) : `${scheme}${host}:***`;
}

/** @param {string} text */
export function withoutQuery(text) {
  return text.replace(/([?#]).+$/s, '$1***');
}

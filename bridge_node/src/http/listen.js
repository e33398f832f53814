/** @typedef {{host: string, port: number}} Listen */

/** Unless another host is chosen, only this computer is answered. */
const DEFAULT_HOST = '127.0.0.1';

/**
 * Where to listen, from "9100", "0.0.0.0:9100" or "[::1]:9100".
 * @param {string} text
 * @returns {Listen | undefined} undefined if it is none of these
 */
export function readListen(text) {
  const [, bracketed, plain, digits] = /^(?:(?:\[([\da-f:.]+)\]|([^\s:[\]/]+)):)?(\d+)$/i.exec(text) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65535)) return undefined;
  return { host: bracketed ?? plain ?? DEFAULT_HOST, port };
}

const TCP = /^tcp:\/\/([^\s:/[\]*]+|\[[^\s\]]+\]):(\d+)$/;
export const MAX_PORT = 65535;

/**
 * The parts of `tcp://host:port`, as they are written.
 * @param {string} address
 * @returns {{host: string, port: string} | undefined} undefined if it is of another form, such as `ipc://path`; there may be
 *   no such port
 */
export function tcpParts(address) {
  const [, host, port] = TCP.exec(address) ?? [];
  return host === undefined ? undefined : { host, port };
}

/**
 * Whether a server can have this address, such as `tcp://127.0.0.1:4242`.
 * @param {string} address
 */
export function isAddress(address) {
  const port = tcpParts(address)?.port;
  return port === undefined ? /^ipc:\/\/./.test(address) : Number(port) >= 1 && Number(port) <= MAX_PORT;
}

/**
 * @param {string} address
 * @throws {TypeError} if no server can have it
 */
export function checkAddress(address) {
  if (!isAddress(address)) {
    throw new TypeError(
      `${JSON.stringify(address)} is not the address of a server; write it like "tcp://127.0.0.1:4242"`,
    );
  }
}

/**
 * @param {string} address
 * @throws {TypeError} if no server can listen there; besides addresses, `tcp://*:4242` and port 0, any free one
 */
export function checkListeningAddress(address) {
  const concrete = address.replace(/^tcp:\/\/\*:/, 'tcp://any:').replace(/:0$/, ':1');
  if (!isAddress(concrete)) {
    throw new TypeError(`a server cannot listen at ${JSON.stringify(address)}; write it like "tcp://127.0.0.1:4242"`);
  }
}

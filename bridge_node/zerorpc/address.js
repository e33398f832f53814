/**
 * Whether a server can have this address, such as `tcp://127.0.0.1:4242`.
 * @param {string} address
 */
export function isAddress(address) {
  const port = /^tcp:\/\/(?:[^\s:/[\]*]+|\[[^\s\]]+\]):(\d+)$/.exec(address)?.[1];
  return port === undefined ? /^ipc:\/\/./.test(address) : Number(port) >= 1 && Number(port) <= 65535;
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

import { connect } from 'node:net';

import { tcpParts } from '../address.js';

/** ms that the peer may take. */
const PATIENCE = 3000;
// https://rfc.zeromq.org/spec/23: the signature and the version are answered with all the rest
const BEGINNING = Buffer.from('ff00000000000000007f03', 'hex');
const MECHANISM = [12, 32];

/**
 * By which mechanism a peer lets others in, such as NULL or CURVE; empty if that is not known. libzmq tells of a mechanism that
 * is another one than ours only if the peer, which finds out at the same moment, does not close the connection before.
 * @param {string} address
 * @returns {Promise<string>}
 */
export function mechanismAt(address) {
  const tcp = tcpParts(address);
  const place = tcp
    ? { host: tcp.host.replace(/^\[|\]$/g, ''), port: Number(tcp.port) }
    : { path: address.slice('ipc://'.length) };
  return new Promise((resolve) => {
    let greeting = Buffer.alloc(0);
    const socket = connect(place, () => socket.write(BEGINNING));
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.on('error', () => {}); // it is closed then
    socket.on('close', () => resolve(''));
    socket.on('data', (bytes) => {
      greeting = Buffer.concat([greeting, bytes]);
      if (greeting.length < MECHANISM[1]) return;
      resolve(greeting.toString('latin1', ...MECHANISM).replace(/\0+$/, ''));
      socket.destroy();
    });
  });
}

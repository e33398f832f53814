import { mechanismAt } from '../curve/greeting.js';
import { LostRemoteError, RefusedError } from '../errors.js';

/**
 * Why a handshake has failed.
 * @param {any} event  `handshake:error:…` of the socket
 * @param {string} address  of the server
 * @param {import('../curve/keys.js').ClientKeys} [keys]  of the client
 * @returns {Promise<LostRemoteError>}
 */
export async function refusal({ type, error }, address, keys) {
  const who = `the server at ${address}`;
  if (type === 'handshake:error:auth' && keys) {
    return new RefusedError(
      `${who} does not admit this client by CURVE: its folder clients has no file with the public key ${keys.publicKey}`,
    );
  }
  const mechanism = await mechanismAt(address);
  if (mechanism === 'CURVE' && !keys) return new RefusedError(`${who} requires CURVE, and this client has no keys`);
  if (mechanism !== 'CURVE' && mechanism !== '' && keys) {
    return new RefusedError(`${who} does not speak CURVE, and nothing is sent in the clear`);
  }
  if (mechanism === 'CURVE') {
    return new RefusedError(
      `${who} ends the CURVE handshake: the key that is expected of it is probably another one's`,
    );
  }
  const what = error?.code ?? error?.message ?? type;
  return new LostRemoteError(`${address} is not a ZeroMQ peer, or refuses the connection (${what})`);
}

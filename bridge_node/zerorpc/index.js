export { isAddress } from './address.js';
export { Client } from './client/client.js';
export { clientKeys, serverKeys } from './curve/keys.js';
export {
  EncodeError,
  KeysError,
  LostRemoteError,
  ProtocolError,
  RefusedError,
  RemoteError,
  TimeoutError,
  ZerorpcError,
} from './errors.js';
export { Server } from './server/server.js';
export { Packed } from './wire/encoder.js';
export { pack } from './wire/envelope.js';

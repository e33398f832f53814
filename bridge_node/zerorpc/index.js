export { isAddress } from './address.js';
export { Client } from './client/client.js';
export { EncodeError, LostRemoteError, ProtocolError, RemoteError, TimeoutError, ZerorpcError } from './errors.js';
export { Server } from './server/server.js';
export { pack } from './wire/envelope.js';

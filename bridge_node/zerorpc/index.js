export { Client, isAddress } from './client.js';
export { EncodeError, LostRemoteError, ProtocolError, RemoteError, TimeoutError, ZerorpcError } from './errors.js';

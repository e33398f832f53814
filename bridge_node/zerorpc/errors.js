// ZerorpcError
// ├── RemoteError      the method ran and raised an exception
// ├── LostRemoteError  the peer is unavailable; it is not known whether the method ran
// │   └── RefusedError client and server do not agree on CURVE; nothing was sent
// ├── TimeoutError     connect() found no server in time
// ├── KeysError        the keys of a folder cannot be used
// ├── ProtocolError    the peer answered with something that is not a valid answer
// └── EncodeError      an argument has no MessagePack form; nothing was sent

/** The base class of all errors of this library, except for invalid arguments (TypeError). */
export class ZerorpcError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The remote method raised an exception. */
export class RemoteError extends ZerorpcError {
  /**
   * @param {string} name  of the exception, for instance `ValueError`
   * @param {string} message
   * @param {string | null} traceback  as the remote printed it
   */
  constructor(name, message, traceback) {
    super(message);
    this.name = name;
    this.traceback = traceback;
  }
}

/** The remote is unavailable or silent. It is not known whether an open call has run. */
export class LostRemoteError extends ZerorpcError {}

/** One side requires CURVE and the other has no keys, or one does not accept the keys of the other. */
export class RefusedError extends LostRemoteError {}

/** The keys of a folder cannot be used. */
export class KeysError extends ZerorpcError {}

/** No server completed the handshake in the time that was given. */
export class TimeoutError extends ZerorpcError {}

/** The remote answered a call with something that is not an answer of ZeroRPC. */
export class ProtocolError extends ZerorpcError {}

/** The arguments of a call cannot be written as MessagePack. */
export class EncodeError extends ZerorpcError {}

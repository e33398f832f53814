// ZerorpcError
// ├── RemoteError      the method ran and raised
// ├── LostRemoteError  the peer is away; whether the method ran is not known
// ├── TimeoutError     connect() found no server in time
// ├── ProtocolError    the peer answered with something that is no answer
// └── EncodeError      an argument has no MessagePack form; nothing was sent

/** The parent of every error that this library throws by itself, bad arguments (TypeError) apart. */
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

/** The remote is away or silent. A call that was under way may or may not have been carried out. */
export class LostRemoteError extends ZerorpcError {}

/** No server completed the handshake in the time that was given. */
export class TimeoutError extends ZerorpcError {}

/** The remote answered a call with something that is not an answer of ZeroRPC. */
export class ProtocolError extends ZerorpcError {}

/** The arguments of a call cannot be written as MessagePack. */
export class EncodeError extends ZerorpcError {}

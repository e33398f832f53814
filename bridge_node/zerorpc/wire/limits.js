// What a peer can make this side hold is bounded. Sizes are in bytes.

/** A message that a server receives; ZeroMQ ends the connection of a peer that sends a larger one. */
export const MAX_CALL_SIZE = 64 * 1024 * 1024;

/** ms in which a peer of a server has to complete ZeroMQ's handshake. */
export const MAX_HANDSHAKE = 10_000;

/** A message that a client receives. */
export const MAX_ANSWER_SIZE = 256 * 1024 * 1024;

/** Lists and maps within one another: as many as Python's msgpack writes. Each takes a hundred times its byte. */
export const MAX_LEVELS = 511;

/** Elements of all lists and maps of a message: one of a byte, such as an empty map, takes 70 bytes of memory. */
export const MAX_ELEMENTS = 8 * 1024 * 1024;

/** An id of a call; Python's have 32 bytes. */
export const MAX_ID_SIZE = 256;

/** Calls that are open at a server, of all its callers. */
export const MAX_CALLS = 10_000;

/** The messages that began these calls, together. */
export const MAX_CALLS_SIZE = 256 * 1024 * 1024;

/** Messages that wait for one caller of a server; beyond that it reads too slowly, and is lost. */
export const MAX_UNREAD = 10_000;

/** Items of a stream that wait for the consumer in a client; as many are granted to the server. */
export const MAX_ITEMS = 100;

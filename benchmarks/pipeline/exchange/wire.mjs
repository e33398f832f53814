/**
 * The few packets of MQTT 3.1.1 that the exchange needs, written and read without a client library:
 * a library would be the bottleneck of what it measures, and the bridge's own packets are what it
 * checks. Numbers in brackets are sections of
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html.
 */
import net from 'node:net';

export const PUBLISH = 3;
export const PUBACK = 4;

/** The most bytes of one read. */
const READ = 64 * 1024;

/** A connection to the broker. */
export class Wire {
  /** Gets what comes. @type {(data: Buffer) => void} */
  receive = () => {};
  /**
   * ms between two reads, 0 to read at every packet: each of them would wake the process, and the
   * processor is there for those who are measured. What comes meanwhile waits in the system.
   */
  interval = 0;

  /**
   * @param {number} port
   * @param {string} clientId
   * @returns {Promise<Wire>} once the broker has confirmed the connection
   */
  static async connect(port, clientId) {
    const wire = new Wire(port);
    const id = text(clientId);
    // [3.1] protocol level 4, clean session, no keep-alive
    const variable = Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 0])]);
    wire.socket.write(packet(0x10, Buffer.concat([variable, id])));
    const connack = await wire.#first();
    if (connack[0] !== 0x20 || connack[3] !== 0) throw new Error('the broker refuses the connection');
    return wire;
  }

  /** @param {number} port */
  constructor(port) {
    const callback = (/** @type {number} */ length, /** @type {Uint8Array} */ bytes) => {
      this.receive(Buffer.from(bytes.subarray(0, length)));
      if (this.interval > 0) {
        this.socket.pause(); // which, with a buffer of one's own, really reads no more
        setTimeout(() => this.socket.resume(), this.interval);
      }
      return true;
    };
    const onread = { buffer: Buffer.alloc(READ), callback };
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, onread });
  }

  /**
   * [3.8] Subscribe at QoS 0: the socket loses nothing, and it costs the broker least.
   * @param {string} filter
   */
  async subscribe(filter) {
    this.socket.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([0])])));
    const suback = await this.#first();
    if (suback[0] !== 0x90 || suback[4] > 2) throw new Error(`the broker refuses to subscribe to ${filter}`);
  }

  /** @returns {Promise<Buffer>} */
  #first() {
    return new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.receive = (data) => {
        this.socket.off('error', reject);
        resolve(data);
      };
    });
  }
}

/**
 * [3.3] A PUBLISH packet.
 * @param {string} topic
 * @param {string} payload  in ASCII
 * @param {number} [packetId]  makes it QoS 1
 */
export function publish(topic, payload, packetId) {
  const isConfirmed = packetId !== undefined;
  const length = 2 + topic.length + (isConfirmed ? 2 : 0) + payload.length;
  const header = [isConfirmed ? 0x32 : 0x30];
  // [2.2.3] 7 bits at a time, the least first
  for (let rest = length; ; rest >>= 7) {
    if (rest < 128) {
      header.push(rest);
      break;
    }
    header.push((rest & 0x7f) | 0x80);
  }
  const buffer = Buffer.allocUnsafe(header.length + length);
  buffer.set(header);
  let at = buffer.writeUInt16BE(topic.length, header.length);
  at += buffer.latin1Write(topic, at);
  if (isConfirmed) at = buffer.writeUInt16BE(packetId, at);
  buffer.latin1Write(payload, at);
  return buffer;
}

/**
 * Calls back for each whole packet that comes.
 * @param {Wire} wire
 * @param {(type: number, buffer: Buffer, start: number, end: number) => void} take  where the
 *   packet's variable header begins and its payload ends
 * @param {() => void} [taken]  after all the packets of one piece of data
 */
export function read(wire, take, taken = () => {}) {
  let rest = Buffer.alloc(0);
  wire.receive = (data) => {
    const buffer = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    let at = 0;
    for (;;) {
      let length = 0;
      let start = at + 1;
      let isWhole = false;
      // [2.2.3] 7 bits at a time, the least first
      for (let shift = 0; start < buffer.length; shift += 7) {
        const byte = buffer[start++];
        length += (byte & 0x7f) << shift;
        if (byte < 128) {
          isWhole = start + length <= buffer.length;
          break;
        }
      }
      if (!isWhole) break;
      take(buffer[at] >> 4, buffer, start, start + length);
      at = start + length;
    }
    rest = buffer.subarray(at);
    taken();
  };
}

/** @param {string} value */
function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/**
 * @param {number} first  byte
 * @param {Buffer} body  shorter than 128 bytes
 */
function packet(first, body) {
  return Buffer.concat([Buffer.from([first, body.length]), body]);
}

/**
 * The few packets of MQTT 3.1.1 that the exchange needs, written and read without a client library:
 * a library would be the bottleneck of what it measures. Numbers in brackets are sections of
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html.
 */
import net from 'node:net';

export const PUBLISH = 3;
export const PUBACK = 4;

/**
 * A connection to the broker, once it is confirmed.
 * @param {number} port
 * @param {string} clientId
 */
export async function connect(port, clientId) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const id = text(clientId);
  // [3.1] protocol level 4, clean session, no keep-alive
  const variable = Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 0])]);
  socket.write(packet(0x10, Buffer.concat([variable, id])));
  const connack = await firstData(socket);
  if (connack[0] !== 0x20 || connack[3] !== 0) throw new Error('the broker refuses the connection');
  return socket;
}

/**
 * [3.8] Subscribe at QoS 0: the socket loses nothing, and it costs the broker least.
 * @param {net.Socket} socket
 * @param {string} filter
 */
export async function subscribe(socket, filter) {
  socket.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([0])])));
  const suback = await firstData(socket);
  if (suback[0] !== 0x90 || suback[4] > 2) throw new Error(`the broker refuses to subscribe to ${filter}`);
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
  const lengthBytes = length < 128 ? 1 : 2;
  const buffer = Buffer.allocUnsafe(1 + lengthBytes + length);
  buffer[0] = isConfirmed ? 0x32 : 0x30;
  if (lengthBytes === 1) buffer[1] = length;
  else {
    buffer[1] = (length & 0x7f) | 0x80;
    buffer[2] = length >> 7;
  }
  let at = buffer.writeUInt16BE(topic.length, 1 + lengthBytes);
  at += buffer.latin1Write(topic, at);
  if (isConfirmed) at = buffer.writeUInt16BE(packetId, at);
  buffer.latin1Write(payload, at);
  return buffer;
}

/**
 * Calls back for each whole packet that comes.
 * @param {net.Socket} socket
 * @param {(type: number, buffer: Buffer, start: number, end: number) => void} take  where the
 *   packet's variable header begins and its payload ends
 * @param {() => void} [taken]  after all the packets of one piece of data
 */
export function read(socket, take, taken = () => {}) {
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
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
  });
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

/** @param {net.Socket} socket */
function firstData(socket) {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.off('error', reject);
      resolve(data);
    });
  });
}

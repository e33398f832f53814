const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * Bytes as text (https://rfc.zeromq.org/spec/32): four bytes are five digits.
 * @param {Buffer} bytes  a multiple of four
 */
export function z85(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let number = bytes.readUInt32BE(at);
    let digits = '';
    for (let n = 0; n < 5; n += 1) {
      digits = DIGITS[number % 85] + digits;
      number = Math.floor(number / 85);
    }
    text += digits;
  }
  return text;
}

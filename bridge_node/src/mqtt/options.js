import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { parseAddress } from './address.js';
import { reason, UserError } from '../support/errors.js';
import { sharedSecret } from '../support/secret_file.js';

/** [MQTT5-1.5.4, 1.5.6] Bytes of a user name or a password. */
const MAX_BYTES = 65535;

/**
 * What the command line gives about the broker.
 * @typedef {object} Given
 * @property {string} mqtt  its address
 * @property {boolean} [isShown]  whether the address stands on the command line, which the list of processes shows
 * @property {string} [ca]  file of the authorities that may have signed its certificate, in place of the
 *   well-known ones
 * @property {string} [cert]  file of our own certificate
 * @property {string} [key]  file of its private key
 * @property {string} [username]
 * @property {string} [passwordFile]  its first line is the password
 */

/**
 * How the broker is reached.
 * @param {Given} given
 * @returns {{shown: string, options: import('mqtt').IClientOptions, warnings: string[]}} its address as it may be logged,
 *   the options for MQTT.js, and secrets that others on this machine can see, a sentence each. The options hold no URL:
 *   MQTT.js would decode its user name and password and split them at the last ":" afterwards.
 * @throws {UserError} for a value that cannot be used; the sentence holds no password
 */
export function readBroker(given) {
  const { shown, protocol, host, port, path, ...found } = parseAddress(given.mqtt);
  // MQTT.js builds the address of a WebSocket from hostname
  const hostname = protocol.startsWith('ws') && host.includes(':') ? `[${host}]` : host;
  const options = { protocol, host, hostname, ...(port && { port }), ...(path && { path }) };
  return {
    shown,
    options: { ...options, ...readLogin(given, found), ...readTls(given, shown, protocol) },
    warnings: exposures(given, found),
  };
}

/**
 * @param {Given} given
 * @param {{password?: string}} found  in the address
 */
function exposures({ isShown, key, passwordFile }, { password }) {
  const inTheList =
    'the password in --mqtt can be seen by everyone on this machine, in the list of processes: --password-file, or a' +
    ' variable, keeps it out of there';
  return [
    isShown && password !== undefined ? inTheList : '',
    key === undefined ? '' : sharedSecret('--key', key),
    passwordFile === undefined ? '' : sharedSecret('--password-file', passwordFile),
  ].filter((sentence) => sentence !== '');
}

/**
 * @param {Given} given
 * @param {{username?: string, password?: string}} found  in the address
 */
function readLogin(given, found) {
  if (given.username !== undefined && found.username !== undefined) {
    throw new UserError('the user name is in --mqtt and in --username: give it once');
  }
  if (given.passwordFile !== undefined && found.password !== undefined) {
    throw new UserError('the password is in --mqtt and in --password-file: give it once');
  }
  const username = given.username ?? found.username;
  const hasPassword = given.passwordFile !== undefined || found.password !== undefined;
  if (hasPassword && username === undefined) {
    const where = found.password === undefined ? '--password-file' : 'the password in --mqtt';
    throw new UserError(`${where} is given without a user name: --username gives it`);
  }
  if (username === undefined) return {};
  if (username === '' || username.includes('\0') || Buffer.byteLength(username) > MAX_BYTES) {
    throw new UserError(`the user name has to be a text of 1 to ${MAX_BYTES} bytes without NUL`);
  }
  if (!hasPassword) return { username };
  const password =
    given.passwordFile === undefined ? Buffer.from(String(found.password)) : readPassword(given.passwordFile);
  if (password.length > MAX_BYTES)
    throw new UserError(`the password is longer than the ${MAX_BYTES} bytes that MQTT allows`);
  return { username, password };
}

/** @param {string} file */
function readPassword(file) {
  const bytes = read('--password-file', file);
  const end = bytes.indexOf('\n');
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  const password = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  if (password.length === 0)
    throw new UserError(`--password-file ${file}: its first line is empty, and has to be the password`);
  return password;
}

/**
 * @param {Given} given
 * @param {string} shown
 * @param {string} protocol
 */
function readTls({ ca, cert, key }, shown, protocol) {
  const [first] = Object.entries({ '--ca': ca, '--cert': cert, '--key': key }).filter(([, file]) => file !== undefined);
  if (first && protocol !== 'mqtts' && protocol !== 'wss') {
    const secure = shown.replace(/^mqtt:/, 'mqtts:').replace(/^ws:/, 'wss:');
    throw new UserError(`${first[0]} is for TLS, but --mqtt ${shown} is not: write ${secure}`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    throw new UserError(`${there} is given without ${missing}: a certificate and its private key go together`);
  }
  return {
    // of the environment NODE_TLS_REJECT_UNAUTHORIZED would turn it off
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca: readCertificates('--ca', ca).bytes }),
    ...(cert !== undefined && key !== undefined && readPair(cert, key)),
  };
}

/**
 * @param {string} certFile
 * @param {string} keyFile
 */
function readPair(certFile, keyFile) {
  const { bytes: cert, certificates } = readCertificates('--cert', certFile);
  const key = read('--key', keyFile);
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(key.toString('latin1'))) {
    throw new UserError(
      `--key ${keyFile} is encrypted with a passphrase: \`openssl pkey -in ${keyFile} -out FILE\` writes it without`,
    );
  }
  let privateKey;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    throw new UserError(`--key ${keyFile} holds no private key in PEM`);
  }
  if (!certificates[0].checkPrivateKey(privateKey)) {
    throw new UserError(`--key ${keyFile} is not the private key of --cert ${certFile}`);
  }
  return { cert, key };
}

/**
 * @param {string} option
 * @param {string} file
 */
function readCertificates(option, file) {
  const bytes = read(option, file);
  const texts = bytes.toString('latin1').match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  if (texts.length === 0) throw new UserError(`${option} ${file} holds no certificate in PEM`);
  try {
    return { bytes, certificates: texts.map((text) => new X509Certificate(text)) };
  } catch (error) {
    throw new UserError(`${option} ${file} holds a certificate that cannot be read: ${reason(error)}`);
  }
}

/**
 * @param {string} option
 * @param {string} file
 */
function read(option, file) {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError(`${option} ${file} cannot be read: ${reason(error)}`);
  }
}

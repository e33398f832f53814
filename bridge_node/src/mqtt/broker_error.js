import { ENCODED } from './address.js';
import { reason } from '../support/errors.js';

const UNKNOWN_AUTHORITY = 'no authority that we trust has signed its certificate; --ca FILE names the authority';
const NO_TLS = 'it does not speak TLS at this port';
const ENDED_EARLY = 'it ended the connection early; perhaps it does not speak TLS at this port';
const WANTS_CERTIFICATE = 'it requires a client certificate: --cert and --key';
/** What the codes of OpenSSL mean to a user. @type {Record<string, string>} */
const MEANINGS = {
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: WANTS_CERTIFICATE,
};

/** CONNACK: bad user name or password, not authorized; in 3.1.1 and 5. */
const NO_ACCESS = [4, 5, 134, 135];

/**
 * Why a connection to a broker failed, as a part of a sentence.
 * @param {Error & {code?: unknown}} error
 * @param {import('./broker_link.js').BrokerLink} broker
 * @param {boolean} wasUp  whether the connection was up before
 */
export function brokerReason(error, { shown }, wasUp) {
  const endedEarly = !wasUp && error.code === 'ECONNRESET' && /^(mqtts|wss):/.test(shown);
  const meaning = endedEarly ? ENDED_EARLY : MEANINGS[String(error.code)];
  if (meaning) return `${meaning} (${reason(error)})`;
  const why = reason(error).replace(/^Connection refused: /, '');
  return NO_ACCESS.includes(Number(error.code)) && shown.includes('@') ? `${why}; ${ENCODED}` : why;
}

/**
 * Whether the broker answered and refuses the connection: its CONNACK has a reason code.
 * @param {Error & {code?: unknown}} error
 */
export function isRefusal({ code }) {
  return typeof code === 'number' && code > 0;
}

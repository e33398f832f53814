import { ENCODED } from './address.js';
import { reason } from '../support/errors.js';

const UNKNOWN_AUTHORITY = 'no authority that we trust has signed its certificate; --ca FILE names the authority';
const NO_TLS = 'it does not speak TLS at this port';
const ENDED_EARLY = 'it ended the connection early; perhaps it does not speak TLS at this port';
const NO_ANSWER = 'it ended the connection before any answer; perhaps it speaks TLS at this port';
/** What the administrator of the broker mends. */
export const HAS_EXPIRED = 'its certificate has expired';
const WANTS_CERTIFICATE = 'it requires a client certificate: --cert and --key';
const NOT_OURS = 'it does not accept our certificate';
/** What the codes of OpenSSL mean to a user, in the words of market_data/mqtt/tls_fault.py. @type {Record<string, string>} */
const MEANINGS = {
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_HAS_EXPIRED: HAS_EXPIRED,
  CERT_REVOKED: 'its certificate has been revoked',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};
/** Alerts of the broker about our certificate: RFC 8446, 6.2. OpenSSL adds a version in front. @type {Record<string, string>} */
const ALERTS = {
  CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  HANDSHAKE_FAILURE: WANTS_CERTIFICATE,
  CERTIFICATE_EXPIRED: `${NOT_OURS}, which has expired: --cert`,
  CERTIFICATE_REVOKED: `${NOT_OURS}, which has been revoked: --cert`,
  UNKNOWN_CA: `${NOT_OURS}, which no authority that it trusts has signed: --cert`,
  BAD_CERTIFICATE: `${NOT_OURS}: --cert`,
  UNSUPPORTED_CERTIFICATE: `${NOT_OURS}: --cert`,
  CERTIFICATE_UNKNOWN: `${NOT_OURS}: --cert`,
};
/** The broker's certificate is not for the name by which it is reached. */
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';
/** Of sockets: the other side has closed. */
const CLOSED = ['ECONNRESET', 'EPIPE'];

/** CONNACK: bad user name or password, not authorized; in 3.1.1 and 5. */
const NO_ACCESS = [4, 5, 134, 135];

/**
 * Why a connection to a broker failed, as a part of a sentence.
 * @param {Error & {code?: unknown}} error
 * @param {import('./broker_link.js').BrokerLink} broker
 * @param {boolean} wasUp  whether the connection was up before
 */
export function brokerReason(error, broker, wasUp) {
  const code = String(error.code);
  if (code === WRONG_NAME) return wrongName(error);
  if (alertOf(error)) return alertOf(error);
  if (MEANINGS[code]) return code.startsWith('CERT_') ? MEANINGS[code] : `${MEANINGS[code]} (${reason(error)})`;
  if (!wasUp && isClosed(error)) return `${closedReason(broker, wasUp)} (${reason(error)})`;
  const why = reason(error).replace(/^Connection refused: /, '');
  return NO_ACCESS.includes(Number(code)) && broker.shown.includes('@') ? `${why}; ${ENCODED}` : why;
}

/**
 * Why a connection failed that was closed without a reason.
 * @param {import('./broker_link.js').BrokerLink} broker
 * @param {boolean} wasUp
 */
export function closedReason({ shown }, wasUp) {
  if (wasUp) return 'it closed the connection';
  if (/^(mqtts|wss):/.test(shown)) return ENDED_EARLY;
  return `${NO_ANSWER}: ${shown.startsWith('ws:') ? 'wss' : 'mqtts'}://`;
}

/** @param {Error} error */
function wrongName(error) {
  const { host, cert } = /** @type {{host?: string, cert?: {subjectaltname?: string}}} */ (error);
  const names = (cert?.subjectaltname ?? '').replace(/\b(DNS|IP Address):/g, '') || 'another name';
  return `its certificate is not for ${host}, but for ${names}`;
}

/** @param {{code?: unknown}} error */
function alertOf({ code }) {
  return ALERTS[/ALERT_([A-Z_]+)$/.exec(String(code))?.[1] ?? ''] ?? '';
}

/**
 * Whether we refuse the certificate that the broker has shown.
 * @param {Error & {code?: unknown}} error
 */
export function isMistrust(error) {
  const code = String(error.code);
  return code === WRONG_NAME || (code in MEANINGS && MEANINGS[code] !== NO_TLS);
}

/**
 * Whether the broker answered and refuses the connection: its CONNACK has a reason code, or it has sent an alert about our
 * certificate.
 * @param {Error & {code?: unknown}} error
 */
export function isRefusal(error) {
  return (typeof error.code === 'number' && error.code > 0) || alertOf(error) !== '';
}

/**
 * Whether a connection that ended with this error was closed by the other side without a reason.
 * @param {unknown} error
 */
export function isClosed(error) {
  return CLOSED.includes(String(/** @type {{code?: unknown}} */ (error).code));
}

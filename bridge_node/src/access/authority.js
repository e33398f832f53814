import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

import 'reflect-metadata'; // before x509, which needs it
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;
/** Days that certificates are valid. */
const AUTHORITY_DAYS = 3650;
const DAYS = 825;
/** ms that clocks may differ. */
const SKEW = 3_600_000;

/**
 * A certificate and its private key, as PEM.
 * @typedef {{cert: string, key: string}} Pair
 */

/** The authority that signs the certificates of one broker and its clients. */
export class Authority {
  #certificate;
  #key;

  /**
   * @param {x509.X509Certificate} certificate
   * @param {import('node:crypto').webcrypto.CryptoKey} key
   */
  constructor(certificate, key) {
    this.#certificate = certificate;
    this.#key = key;
  }

  /** @returns {Promise<Pair>} a new one */
  static async make() {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: nameOf('Tickwire authority'),
      ...validity(AUTHORITY_DAYS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { cert: pem(certificate), key: await keyPem(keys.privateKey) };
  }

  /**
   * That of an access folder.
   * @param {{read: (...parts: string[]) => string}} folder
   */
  static of(folder) {
    return Authority.read({ cert: folder.read('authority', 'ca.crt'), key: folder.read('authority', 'ca.key') });
  }

  /** @param {Pair} pair */
  static async read({ cert, key }) {
    const der = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' });
    const imported = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
    return new Authority(new x509.X509Certificate(cert), imported);
  }

  /**
   * @param {string[]} hosts  names and addresses by which clients reach the broker
   * @returns {Promise<Pair>}
   */
  signServer(hosts) {
    const names = new x509.SubjectAlternativeNameExtension(
      hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
    );
    return this.#sign('Tickwire broker', x509.ExtendedKeyUsage.serverAuth, [names]);
  }

  /**
   * @param {string} name  of the client: mosquitto takes the common name for its user
   * @returns {Promise<Pair>}
   */
  signClient(name) {
    return this.#sign(name, x509.ExtendedKeyUsage.clientAuth, []);
  }

  /**
   * @param {string} commonName
   * @param {x509.ExtendedKeyUsage} usage
   * @param {x509.Extension[]} more
   */
  async #sign(commonName, usage, more) {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: nameOf(commonName),
      issuer: this.#certificate.subjectName,
      ...validity(DAYS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ...more,
      ],
    });
    return { cert: pem(certificate), key: await keyPem(keys.privateKey) };
  }

  /**
   * The list of certificates that the broker refuses.
   * @param {string} [before]  the list as it was, as PEM
   * @param {string} [cert]  the certificate that is refused from now on, as PEM
   * @returns {Promise<string>} as PEM
   */
  async revoke(before, cert) {
    const list = before === undefined ? undefined : new x509.X509Crl(before);
    const entries = (list?.entries ?? []).map(({ serialNumber, revocationDate }) => ({ serialNumber, revocationDate }));
    if (cert !== undefined) {
      entries.push({ serialNumber: new x509.X509Certificate(cert).serialNumber, revocationDate: new Date() });
    }
    const crl = await x509.X509CrlGenerator.create({
      issuer: this.#certificate.subjectName,
      // a broker that reads it again takes the list with the latest time, which must not be in the future
      thisUpdate: new Date(Math.max(Date.now() - DAY, (list?.thisUpdate.getTime() ?? 0) + 1000)),
      nextUpdate: this.#certificate.notAfter, // with a list that is out of date OpenSSL refuses every client
      entries,
      signingAlgorithm: ALGORITHM,
      signingKey: this.#key,
    });
    return `${x509.PemConverter.encode(crl.rawData, 'X509 CRL')}\n`; // RFC 7468, 6; the library writes another label
  }
}

/** Nobody guesses it: 192 bits. */
export const newPassword = () => randomBytes(24).toString('base64url');

/** Positive, by RFC 5280, 4.1.2.2. */
const newSerial = () => `4${randomBytes(16).toString('hex').slice(1)}`;

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** @param {string} commonName */
const nameOf = (commonName) => new x509.Name([{ CN: [{ utf8String: commonName }] }]).toJSON();

/** @param {number} days */
const validity = (days) => ({
  notBefore: new Date(Date.now() - SKEW),
  notAfter: new Date(Date.now() + days * DAY),
});

/** @param {x509.X509Certificate} certificate */
const pem = (certificate) => `${certificate.toString('pem')}\n`;

/** @param {import('node:crypto').webcrypto.CryptoKey} key */
async function keyPem(key) {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return String(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }));
}

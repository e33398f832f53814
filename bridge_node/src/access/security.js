import { pbkdf2Sync, randomBytes } from 'node:crypto';

import { ADMIN } from './folder.js';
import { CONTROL } from './control.js';

/** As mosquitto does it. The passwords are random and long: nobody finds one by trying, however fast a try is. */
const ITERATIONS = 101;
const HASH = { bytes: 64, digest: 'sha512' };
const SALT = 12;

/**
 * The first state of mosquitto's dynamic security: a client that administers it, and nothing that is allowed to anyone else.
 * @param {string} password  of that client
 * @returns {string} JSON
 */
export function firstState(password) {
  const salt = randomBytes(SALT);
  const hash = pbkdf2Sync(password, salt, ITERATIONS, HASH.bytes, HASH.digest);
  const state = {
    defaultACLAccess: { publishClientSend: false, publishClientReceive: false, subscribe: false, unsubscribe: true },
    clients: [
      {
        username: ADMIN,
        roles: [{ rolename: ADMIN }],
        password: hash.toString('base64'),
        salt: salt.toString('base64'),
        iterations: ITERATIONS,
      },
    ],
    groups: [],
    roles: [{ rolename: ADMIN, acls: aclsOf({ reads: [`${CONTROL}/#`], writes: [CONTROL] }) }],
  };
  return `${JSON.stringify(state, null, 2)}\n`;
}

/**
 * @param {{reads: string[], writes: string[]}} rights  topic filters
 * @returns {{acltype: string, topic: string, allow: true}[]} as the plugin takes them
 */
export function aclsOf({ reads, writes }) {
  const of = (/** @type {string} */ acltype) => (/** @type {string} */ topic) => ({
    acltype,
    topic,
    allow: /** @type {const} */ (true),
  });
  return [
    ...writes.map(of('publishClientSend')),
    ...reads.flatMap((topic) => [of('subscribePattern')(topic), of('publishClientReceive')(topic)]),
  ];
}

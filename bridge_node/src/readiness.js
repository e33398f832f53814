import { createServer } from 'node:http';

import { reason, UserError } from './errors.js';

/**
 * Answer `GET /readyz` on 127.0.0.1: 200 once the broker has confirmed the subscriptions, else 503.
 * @param {number} port
 * @param {() => boolean} isReady
 * @returns {Promise<import('node:http').Server>}
 * @throws {UserError} if the port cannot be listened on
 */
export function serveReadiness(port, isReady) {
  const server = createServer((request, response) => {
    const known = request.url === '/readyz';
    const ready = known && isReady();
    response.writeHead(ready ? 200 : known ? 503 : 404, { 'content-type': 'text/plain' });
    response.end(ready ? 'ready\n' : known ? 'not subscribed yet\n' : 'there is only /readyz\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new UserError(`--http ${port}: cannot listen on 127.0.0.1:${port}: ${reason(error)}`));
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

import { createServer } from 'node:http';

import { reason, UserError } from '../support/errors.js';

/**
 * Answer `GET /readyz` on 127.0.0.1: 200 once quotes can be decided and their orders published, else
 * 503 with a line for each thing that is missing. To `/readyz?run=ID` only a bridge of that run answers 200; others
 * answer 409, so that a feed does not publish into the pipeline of another run.
 * @param {number} port
 * @param {string | undefined} run  that this bridge belongs to
 * @param {() => string[]} missing  called once per request
 * @returns {Promise<import('node:http').Server>}
 * @throws {UserError} if it cannot listen on the port
 */
export function serveReadiness(port, run, missing) {
  const server = createServer((request, response) => {
    const [path, query] = String(request.url).split('?', 2);
    const asked = new URLSearchParams(query).get('run');
    /** @param {number} status @param {string[]} lines */
    const answer = (status, lines) => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(lines.map((line) => `${line}\n`).join(''));
    };
    if (path !== '/readyz') return answer(404, ['there is only /readyz']);
    if (asked !== null && asked !== run) {
      const own = run === undefined ? 'to no run: it was started without --run' : `to the run "${run}"`;
      return answer(409, [`this bridge belongs ${own}; "${asked}" was asked for`]);
    }
    const lines = missing();
    return lines.length === 0 ? answer(200, ['ready']) : answer(503, lines);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new UserError(`--http ${port}: cannot listen on 127.0.0.1:${port}: ${reason(error)}`));
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

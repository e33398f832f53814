// Runs `bridge-node` in this one process for each line that comes: [folder, ...words], as JSON. It
// answers each by a line with the exit status and what was written. For commands that end at once:
// to start Node.js takes longer than to refuse a mistake.

import { createInterface } from 'node:readline';

import { main } from '../../bridge_node/src/cli.js';

class Exit extends Error {}

const answer = process.stdout.write.bind(process.stdout);
const exit = process.exit.bind(process);
let written = '';
let status;

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (text) => {
    written += text;
    return true;
  };
}
process.exit = (code) => {
  status = code ?? process.exitCode ?? 0;
  throw new Exit();
};

for await (const line of createInterface({ input: process.stdin })) {
  const [folder, ...words] = JSON.parse(line);
  process.chdir(folder);
  [written, status] = ['', 0];
  try {
    await main([process.execPath, 'bridge-node', ...words]);
  } catch (error) {
    if (!(error instanceof Exit)) [written, status] = [String(error.stack), 1];
  }
  answer(`${JSON.stringify([status, written])}\n`);
}
exit(0);

// Runs `bridge-node` once for each list of words in the first argument, as JSON: in one process, which is faster.

import { main } from '../../bridge_node/src/cli.js';

for (const words of JSON.parse(process.argv[2])) await main(['node', 'bridge-node', ...words]);

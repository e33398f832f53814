#!/usr/bin/env -S node --max-semi-space-size=1 --heap-growing-percent=20
// Without the flags a burst of quotes makes the process 40 MB larger, most of it garbage that is not
// collected yet. With them a quote takes 2 to 3 µs more; with --optimize-for-size it takes 5 more.

// The rest, which an older Node.js cannot parse, is imported only if the version is new enough.
import { readFileSync } from 'fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = parseInt(engines.node.replace('>=', ''), 10);

if (parseInt(process.versions.node, 10) < needed) {
  console.error(
    `bridge-node: it needs Node.js ${needed} or newer, and this is ${process.version} (${process.execPath})`,
  );
  process.exitCode = 2;
} else {
  import('../src/cli.js').then(({ main }) => main(process.argv));
}

#!/usr/bin/env -S node --optimize-for-size
// Without the flag a flood of quotes makes the process 40 MB larger, most of it garbage that was not
// collected yet. With it a quote takes 2 µs more.
import { main } from '../src/cli.js';

await main(process.argv);

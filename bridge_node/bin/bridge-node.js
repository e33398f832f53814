#!/usr/bin/env -S node --max-semi-space-size=8
// The space for young objects, in MiB: with V8's own 16 a flood of quotes makes the process some
// 15 MB larger, and no faster; with 4 and less the old objects grow instead.
import { main } from '../src/cli.js';

await main(process.argv);

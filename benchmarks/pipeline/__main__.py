"""Measures the pipeline beside other ways to do the same, on real mosquitto, over loopback.

`python -m benchmarks.pipeline [CASE ...]` prints one table. All parties follow the same rule, an
order on every second quote, and publish their orders at QoS 1; each has the whole machine while it
runs, a broker with the shipped configuration, and the same publisher, which is faster than any of
them. Runs take turns, and values are medians of them. The last column is what counts, for machines
are noisy: what Tickwire did, divided by what the party of that row did.

Quotes carry numbers, and orders the number of their quote. A party that did not receive every quote
once and in order does not count: the command says so, and its status is 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.pipeline import (
    averages,
    catch_up,
    encryption,
    floods,
    latency,
    memory,
    ten,
    throughput,
)
from benchmarks.pipeline.lab import FULL, LONG_RUNS, QUICK, Lab, show, write
from tests.support.brokers import MOSQUITTO

CASES = {
    "qos0": throughput.qos0,
    "qos1": throughput.qos1,
    "catch-up": catch_up.catch_up,
    "latency": latency.latency,
    "ten": ten.ten,
    "memory": memory.memory,
    "floods": floods.floods,
    "averages": averages.averages,
    "cpu": throughput.cpu,
    "encryption": encryption.encryption,
}


def main() -> None:
    """Measure, print the table and write it where it is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pipeline",
        description="Measure the pipeline beside other ways to do the same.",
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--runs", type=int, default=5, help="of each party, in turns (default 5)")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, too")
    options = parser.parse_args()
    if MOSQUITTO is None:
        sys.exit("bench: mosquitto is not installed: `apt-get install mosquitto`")
    if options.runs < 1:
        parser.error(f"--runs is {options.runs}: it has to be at least 1")
    for case in options.cases:
        if case not in CASES:
            parser.error(f"there is no case {case}: cases are {', '.join(CASES)}")
    if options.json and not options.json.parent.is_dir():
        parser.error(f"--json is {options.json}: its folder does not exist")

    begun = time.monotonic()
    lab = Lab(options.runs, QUICK if options.quick else FULL)
    sections = [CASES[case](lab) for case in options.cases or CASES]
    show(sections)
    seconds = time.monotonic() - begun
    print(f"\nmedians of {lab.runs} runs, of {LONG_RUNS} where they are long; in {seconds:.0f} s")
    for error in lab.errors:
        print(f"bench: {error}", file=sys.stderr)
    if options.json:
        write(options.json, lab, sections)
    if lab.errors:
        sys.exit("bench: these do not count")


if __name__ == "__main__":
    main()

"""How fast the dashboard is: `python -m benchmarks.dashboard [--quick]`.

A real pipeline on mosquitto, the real page in Debian's Chromium. First: the time from the
navigation to the first equity that is shown. Then 5,000 quotes per second for a minute, while the
view of one algorithm draws them: the longest task of the page's main thread, and the memory of its
heap before and after, once garbage is collected.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.brokers import Broker
from tests.support.browser import browser
from tests.support.parts import Parts
from tests.support.processes import Process, started

OPENINGS, RATE, SECONDS = 7, 5000, 60
QUICK_OPENINGS, QUICK_SECONDS = 3, 10
WARM_UP = 5.0  # seconds, in which the browser compiles the page

ANY_DIGIT = re.compile(r"\d")

WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
}).observe({ type: 'longtask' });
new MutationObserver(() => {
  const text = document.querySelector('[data-equity]')?.textContent ?? '';
  if (window.shownAt === undefined && /\\d/.test(text)) window.shownAt = performance.now();
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


@contextmanager
def pipeline(folder: Path) -> Iterator[tuple[Broker, str]]:
    """Run a broker, two algorithms and a bridge; yield the broker and the dashboard's address."""
    with started() as start:
        broker = Broker("mosquitto", folder, start)
        parts = Parts(start, folder)
        quiet = {"env": {"LOG_FORMAT": "text"}}
        for algo in ("random", "sma_cross"):
            journal = folder / f"{algo}.db"
            options = ("--announce", broker.url, "--algo", algo, "--journal", journal)
            parts.service(*options, **quiet)
        bridge = parts.discovering(broker, **quiet)
        yield broker, bridge.wait_for("^dashboard: ").removeprefix("dashboard: ")


def openings(page: Page, address: str, count: int) -> list[float]:
    """Milliseconds from each navigation to the first equity."""
    found = []
    for _ in range(count):
        page.goto("about:blank")
        page.goto(address)
        expect(page.locator("[data-equity]").first).to_contain_text(ANY_DIGIT, timeout=60_000)
        found.append(page.evaluate("window.shownAt"))
    return found


def heap(page: Page) -> float:
    """MiB of the page's heap, once garbage is collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return used / 2**20


def replay(broker: Broker, folder: Path, count: int) -> Process:
    """Publish so many quotes at RATE."""
    prices = folder / "prices.csv"
    rows = (f"{1_600_000_000 + n},{100 + n % 97 / 10},S{n % 20}\n" for n in range(count))
    prices.write_text("time,price,symbol\n" + "".join(rows))
    command = ("market-data", "replay", prices, "--mqtt", broker.url, "--rate", RATE)
    return Process(*command, env={"LOG_LEVEL": "warn"})


def main() -> None:
    """Measure and print."""
    is_quick = "--quick" in sys.argv[1:]
    seconds = QUICK_SECONDS if is_quick else SECONDS
    with (
        tempfile.TemporaryDirectory() as name,
        pipeline(Path(name)) as (broker, address),
        browser() as chromium,
    ):
        folder = Path(name)
        page = chromium.new_page()
        page.add_init_script(WATCH)
        one = Process("mosquitto_pub", "-p", broker.port, "-t", "quotes", "-m", '{"goog": 345}')
        assert one.wait() == 0
        times = openings(page, address, QUICK_OPENINGS if is_quick else OPENINGS)
        print(f"to the first equity: {statistics.median(times):.0f} ms (most: {max(times):.0f} ms)")

        page.goto("about:blank")
        page.goto(address)
        expect(page.locator("[data-equity]").first).to_contain_text(ANY_DIGIT, timeout=60_000)
        page.evaluate("location.hash = '#/algo/random'")
        feed = replay(broker, folder, int(RATE * (WARM_UP + seconds)))
        threading.Event().wait(WARM_UP)
        before = heap(page)
        page.evaluate("window.longest = 0")
        status = feed.wait(seconds + 300)
        assert status == 0, feed.output
        longest = page.evaluate("window.longest")
        drawn = page.evaluate("document.querySelectorAll('tr[data-order]').length")
        after = heap(page)
        print(f"{RATE:,} quotes per second for {seconds} s, {drawn} orders shown:")
        print(f"  longest task of the main thread: {longest:.0f} ms (0: none above 50)")
        print(f"  heap before and after: {before:.1f} and {after:.1f} MiB")
        page.close()


if __name__ == "__main__":
    main()

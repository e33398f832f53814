"""What processes cost, as /proc has it: CPU-seconds and memory."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
MEGABYTE = 1e6


def cpu_seconds(pid: int) -> float:
    """Return the CPU-seconds that a process has spent, in user space and in the system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    # proc(5): utime and stime are fields 14 and 15; those after the name begin with the third
    return (int(fields[11]) + int(fields[12])) * TICK


def megabytes(pid: int) -> float:
    """Return the resident memory of a process."""
    return _status(pid, "VmRSS:")


def highest_megabytes(pid: int) -> float:
    """Return the highest resident memory of a process since its start."""
    return _status(pid, "VmHWM:")


def _status(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / MEGABYTE
    raise ProcessLookupError(pid)


@contextmanager
def peaks(pids: Mapping[str, int]) -> Iterator[dict[str, float]]:
    """Note the highest resident memory of each process, looked at every 50 ms."""
    highest = {name: megabytes(pid) for name, pid in pids.items()}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            for name, pid in pids.items():
                highest[name] = max(highest[name], megabytes(pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield highest
    finally:
        ended.set()
        watcher.join()


def fsync_times(folder: Path, count: int = 200) -> list[float]:
    """Return how many ms it takes to write 4 KiB and have them confirmed by the disk, each time."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(count):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - begun) * 1e3)
    return times

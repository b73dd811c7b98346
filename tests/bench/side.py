"""One side of a bench in a process of its own: `python -m tests.bench.side NAME ours|baseline FOLDER`."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from tests.bench.frame import find_entry


def main(name: str, side: str, folder: Path) -> None:
    """Measure wall and CPU seconds (children's too) and the peak, and print one JSON line."""
    output = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints belongs to standard error
    entry = find_entry(name)
    entry.load()
    entry.reset(folder)
    entry.ready(folder, side)
    cpu, wall = _cpu(), time.perf_counter()
    result = dict(getattr(entry, side)(folder))
    seconds, cpu_seconds = time.perf_counter() - wall, _cpu() - cpu
    seconds -= result.pop("apart_seconds", 0.0)
    measured = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": _peak()}
    line = {**measured, "result": dict(entry.tell(folder, side, result))}
    os.write(output, json.dumps(line, default=str).encode() + b"\n")


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _peak() -> float:
    """In MB. This process's from its own memory map: what `getrusage` tells is inherited from who started it."""
    status = Path("/proc/self/status").read_text()
    own = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

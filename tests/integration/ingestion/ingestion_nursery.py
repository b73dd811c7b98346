"""Bears processes that compact or import, quickly: everything is imported once, each order is forked.

One order a line on standard input (`{"home", "do": "compact"|"import", "file"?, "mapping"?, "kill_after"?}`);
answers the child's exit code. The nursery does the killing: it alone knows that the child is not reaped yet.
Great Expectations' verdict is taken as given here: its
import would cost more than all else, and it writes nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion import compaction, imports
from kith.clock import FixedClock
from kith.run import Run
from kith.settings import Settings

NOW = datetime(2026, 5, 1, 8, 0, 30, tzinfo=UTC)


def obey(order: dict[str, Any]) -> None:
    """One compaction or import, from start to end."""
    settings = Settings(home=Path(order["home"]), threads=1)
    compaction.judge = imports.judge = lambda *_: ()  # type: ignore[assignment]
    if order["do"] == "import":
        imports.import_events(settings, Path(order["file"]), Path(order["mapping"]), NOW)
    else:
        as_of = FixedClock(NOW).now()
        run = Run("kill", as_of, None, False, settings.home, settings.home / "warehouse.duckdb")
        compaction.compact(settings, run)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                obey(json.loads(line))
                os._exit(0)
            except BaseException as error:
                print(error, file=sys.stderr)
                os._exit(1)
        kill_after = json.loads(line).get("kill_after")
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()

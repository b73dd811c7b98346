"""Ticks that can be killed: this process has everything imported and bears one child for each line it reads."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from activation.journeys.planning import plan
from kith.run import read_run
from kith.settings import Settings


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _live(order)
        if order["seconds"] is not None:
            time.sleep(order["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


def _live(order: dict[str, str]) -> None:
    settings = Settings(home=Path(order["home"]), definitions=Path(order["definitions"]), threads=1)
    plan(settings, read_run(settings, order["run_id"]))
    os._exit(0)


if __name__ == "__main__":
    main()

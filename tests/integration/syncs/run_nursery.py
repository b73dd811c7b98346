"""A process that bears runs of a sync ready to be killed: everything is imported once, each run is a fork.

    python run_nursery.py     reads {"environment": …, "now": …, "point": …, "nth": …, "kill_after": …, "bug": …},
                              a line a run; answers how it ended ("0", "-9")

`point` names an instant inside the run: at its `nth` passing the run kills itself. After `kill_after` seconds the
nursery does the killing: it alone knows that the child is not reaped yet. `bug` plants one.
"""

import json
import os
import signal
import sys
import time
from datetime import datetime
from typing import Any

import aiohttp  # noqa: F401 - imported once, here
import duckdb  # noqa: F401
import pyarrow.parquet  # noqa: F401

from activation.destinations import webhook
from activation.syncs import finishing, history, planned, running
from activation.syncs.finishing import finish
from activation.syncs.progress import DONE, Progress
from activation.syncs.pushing import Pusher
from activation.syncs.settlement import Policy
from kith.clock import FixedClock
from kith.lake import lake_tables
from kith.registry import plugin
from kith.settings import export_environment, load_settings
from kith.state.revisions import newest_revisions

POINTS: dict[str, tuple[Any, str, str]] = {
    "looked": (running, "commit_plan", "before"),
    "plan_written": (planned, "copy_table", "after"),
    "planned": (running, "commit_plan", "after"),
    "before_mark": (Progress, "write", "before"),
    "marked": (Progress, "write", "after"),
    "before_push": (webhook.WebhookDestination, "push", "before"),
    "pushed": (webhook.WebhookDestination, "push", "after"),
    "settled": (Pusher, "_settle", "after"),
    "before_finish": (running, "finish", "before"),
    "outcomes_written": (finishing, "copy_table", "after"),
    "finished": (finishing, "sweep", "before"),
    "swept": (finishing, "sweep", "after"),
}


def die_at(point: str, nth: int) -> None:
    owner, name, when = POINTS[point]
    original, passed = getattr(owner, name), 0

    def deadly(*arguments: Any, **options: Any) -> Any:
        nonlocal passed
        passed += 1
        if when == "before" and passed >= nth:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if when == "after" and passed >= nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def plant_no_mark() -> None:
    """Forget to write down that a batch is about to leave; its answer is still kept."""
    original = Progress.write
    Progress.write = lambda self, settled, marked: original(self, settled, [])  # type: ignore[method-assign]


def plant_new_key() -> None:
    """A batch has another key each time it is told."""
    from activation.syncs.progress import Standing
    from kith.ids import stable_id

    Standing.batch_id = property(  # type: ignore[assignment,method-assign]
        lambda self: stable_id(self.run_id, str(self.number), self.part, str(os.getpid()))
    )


def plant_done_before_answer() -> None:
    """A batch counts as done once it was marked."""
    original = Progress.write

    def hasty(self: Progress, settled: Any, marked: Any) -> None:
        from dataclasses import replace

        from activation.destinations.contract import accepted

        original(
            self, settled, [replace(each, state=DONE, of_all=accepted(), verdicts={}) for each in marked]
        )

    Progress.write = hasty  # type: ignore[method-assign]


def plant_no_doubt() -> None:
    """Whatever was lost may be repeated, nobody is told."""
    Policy.may_repeat = lambda self, operation: True  # type: ignore[method-assign]


def plant_forgotten_plan() -> None:
    """A run that was left behind is not taken up; the next one looks again."""
    history.History.unfinished = property(lambda self: None)  # type: ignore[assignment,method-assign]


BUGS = {
    "no_mark": plant_no_mark,
    "new_key": plant_new_key,
    "done_before_answer": plant_done_before_answer,
    "no_doubt": plant_no_doubt,
    "forgotten_plan": plant_forgotten_plan,
}


def live(order: dict[str, Any]) -> int:
    export_environment(**order["environment"])
    if order.get("bug"):
        BUGS[order["bug"]]()
    if order.get("point"):
        die_at(order["point"], order.get("nth", 1))
    clock = FixedClock(datetime.fromisoformat(order["now"]))
    report = running.Engine(load_settings(), clock).run("people")
    return 0 if report.is_well else 3


def main() -> None:
    lake_tables(), newest_revisions()
    plugin("activation.destinations", "webhook", webhook.DestinationPlugin)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                os._exit(live(order))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
        if "kill_after" in order:
            time.sleep(order["kill_after"])
            os.kill(child, signal.SIGKILL)  # not reaped yet: nobody else has this pid
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    assert finish
    main()

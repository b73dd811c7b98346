"""A process that bears delivery workers ready to be killed: everything is imported once, each worker is a
fork.

    python worker_nursery.py        reads {"environment": …, "now": …, "point": …, "nth": …, "kill_after": …,
                                    "bug": …}, a line a worker; answers how it ended ("0", "-9")

`point` names an instant inside the worker: at its `nth` passing the worker kills itself, as hard as from
outside. `bug` plants one: the test that can't fail proves nothing.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet  # noqa: F401 - imported once, here

from activation.channels._smtp_line import Line
from activation.channels.contract import ChannelPlugin
from activation.delivery import export, ledger, outbox, vendors, worker
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.handover import Handover
from activation.delivery.ledger import Ledger
from activation.delivery.lines import Lines
from activation.delivery.settlement import Claimed
from activation.delivery.upsert import insert_into
from activation.gates._send import send_gates
from kith.clock import FixedClock
from kith.lake import lake_tables
from kith.registry import plugins
from kith.settings import export_environment, load_settings
from kith.state.revisions import newest_revisions
from tests.integration.delivery import http_vendor

# Where a worker may be told to die: the owner, the function, and whether before or after it.
POINTS: dict[str, tuple[Any, str, str]] = {
    "before_load": (worker, "load_outbox", "before"),
    "loaded": (worker, "load_outbox", "after"),
    "consent_read": (ConsentFeed, "catch_up", "after"),
    "claimed": (Ledger, "claim", "after"),
    "before_mark": (Ledger, "mark", "before"),
    "mark_not_committed": (Ledger, "mark", "after"),
    "marked": (Lines, "_send", "before"),
    "body_sent": (Line, "_verdict", "before"),
    "answered": (Lines, "_send", "after"),
    "settled": (Ledger, "settle", "after"),
    "before_free": (Ledger, "free", "before"),
    "export_before_commit": (export, "_table", "after"),
    "export_committed": (export, "_note", "before"),
    "export_noted": (export._Exporter, "land", "before"),
    "export_landed": (export._Exporter, "_lines", "after"),
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
    """Forget to write down, before it leaves, that a message is about to leave."""

    def unmarked(
        _self: Ledger, _connection: Any, _claim: Any, batch: Any, provider: str, _hashes: Any
    ) -> list[Claimed]:
        return [replace(item, attempts=item.attempts + 1, provider=provider) for item in batch]

    Ledger.mark = unmarked  # type: ignore[method-assign]


def plant_no_ledger_check() -> None:
    """Take every outbox row in, whether the ledger holds it or not: once, for a worker looks again each second."""
    rightly, passed = outbox.insert_rows, 0

    def overwriting(connection: Any, table: Any, columns: Any, rows: Any, skip_known: bool) -> int:
        nonlocal passed
        passed += 1
        if passed > 1:
            return rightly(connection, table, columns, rows, skip_known=skip_known)
        insert = insert_into(connection, table)
        afresh = insert.on_conflict_do_update(
            index_elements=["message_id"], set_={"state": "pending", "outcome": "pending"}
        )
        instants = ("decided_at", "not_after", "due_at", "loaded_at")
        for row in (dict(zip(columns, each, strict=True)) for each in rows):
            read = {name: datetime.fromisoformat(row[name]).replace(tzinfo=UTC) for name in instants}
            connection.execute(afresh, {**row, **read})
        return len(rows)

    outbox.insert_rows = overwriting  # type: ignore[assignment]
    outbox.read_cursor = lambda _connection, _name: None


def plant_no_look_up() -> None:
    """Send again without asking the vendor that could be asked."""
    Handover._reconciled = lambda _self, _claim, group: group  # type: ignore[method-assign]


def plant_no_key_check() -> None:
    """Take every vendor for one that honours our key."""
    ledger._honours_key = lambda _item, _known: True  # type: ignore[assignment]


BUGS: dict[str, Callable[[], None]] = {
    "no_mark": plant_no_mark,
    "no_ledger_check": plant_no_ledger_check,
    "no_look_up": plant_no_look_up,
    "no_key_check": plant_no_key_check,
}


def live(order: dict[str, Any]) -> None:
    """The life of one worker, in the world of the test that ordered it."""
    export_environment(**order["environment"])
    if order.get("vendor"):
        plugin = http_vendor.vendor(order["vendor"])
        vendors.plugins = lambda *_: {f"email_{plugin.provider}": plugin}  # type: ignore[assignment]
    if order.get("bug"):
        BUGS[order["bug"]]()
    if order.get("point"):
        die_at(order["point"], order["nth"])
    settings, clock = load_settings(), FixedClock(datetime.fromisoformat(order["now"]))
    if order.get("export"):
        export.export_ledger(settings, None, clock)
    else:
        worker.deliver(settings, clock, wait=lambda _seconds: None)


# One acknowledgement window of a vendor here: small, so that a kill strikes in the middle of many of them.
WINDOW = 5


def warm_up() -> None:
    """Import what a worker would import late, so that a fork has it."""
    for plugin in plugins("activation.channels", ChannelPlugin).values():
        if plugin.capabilities.batch_size > WINDOW:
            object.__setattr__(plugin, "capabilities", replace(plugin.capabilities, batch_size=WINDOW))
    send_gates()
    lake_tables()
    newest_revisions()


def main() -> None:
    warm_up()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                live(json.loads(line))
                os._exit(0)
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
        order = json.loads(line)
        if "kill_after" in order:
            time.sleep(order["kill_after"])
            os.kill(child, signal.SIGKILL)  # not reaped yet: nobody else has this pid
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

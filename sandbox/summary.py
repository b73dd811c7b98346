"""Prints what the demo has to tell."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from sandbox.demo import Told

#: Every person of the audience has exactly one of these.
OUTCOMES = ("withheld", "suppressed", "expired", "accepted", "rejected", "failed", "unknown", "pending")
ANSWERS = ("delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "converted")


def print_summary(told: Told, console: Console | None = None) -> None:
    """All of it, in the order of the story."""
    console = console or Console()
    console.print()
    _people(told, console)
    _models(told, console)
    _segments(told, console)
    for campaign in told.figures.get("campaigns") or []:
        _campaign(campaign, told, console)
    _syncs(told, console)
    _runs(told, console)
    _where_next(told, console)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _people(told: Told, console: Console) -> None:
    table = _table("From raw events to people", "what", "count")
    table.add_row("people simulated (hidden truth)", _figure(told.world["people"]))
    table.add_row("raw lines of history", _figure(told.world["lines_landed"]))
    for row in told.figures.get("people") or []:
        for name, value in row.items():
            table.add_row(name.replace("_", " "), _figure(value))
    console.print(table)


def _models(told: Told, console: Console) -> None:
    """The last judgement of each; a champion stays until a better one comes."""
    table = Table(title="Models", title_justify="left", title_style="bold", header_style="bold")
    for column in ("model", "champion", "learned by", "the last training was"):
        table.add_column(column)
    for row in told.figures.get("models") or []:
        champion = "none yet" if row["champion"] is None else f"version {row['champion']}"
        table.add_row(row["model"], champion, row["candidate"], row["last_judgement"])
    if table.row_count:
        console.print(table)


def _segments(told: Told, console: Console) -> None:
    table = _table("Segments", "segment", "people")
    for row in told.figures.get("segments") or []:
        table.add_row(row["segment"], _figure(row["member_count"]))
    if table.row_count:
        console.print(table)


def _campaign(row: dict[str, Any], told: Told, console: Console) -> None:
    """The audience is the sum of its outcomes; what followed belongs to accepted messages alone."""
    counts = {name: row.get(f"{name}_count") or 0 for name in OUTCOMES}
    table = _table(f"Campaign {row['campaign']} by {row['channel']}", "", "people")
    table.add_row("audience", _figure(row.get("audience_count")))
    for name, count in counts.items():
        holdout = f" (of them holdout {_figure(row.get('holdout_count'))})" if name == "withheld" else ""
        table.add_row(f"  {name}{holdout}", _figure(count))
    table.add_row("sum of outcomes", _figure(sum(counts.values())), end_section=True)
    for name in ANSWERS:
        table.add_row(f"  {name}", _figure(row.get(f"{name}_count")))
    console.print(table)
    console.print(f"  {_arrived(row['channel'], told)}  {_lift(row)}\n")


_VENDORS = {
    "sms": ("Texts at the carriers", "texts_in_all"),
    "push": ("Notifications at the push services", "pushes_in_all"),
}


def _arrived(channel: str, told: Told) -> str:
    """What the vendors of a channel say that they took, whoever sent it."""
    if channel in _VENDORS:
        title, name = _VENDORS[channel]
        counts = told.new.get(name) or {}
        return f"{title}: " + ", ".join(f"{each} {count:,}" for each, count in counts.items()) + "."
    return f"Mails at the mail server: {_figure(told.new.get('mails_in_all'))}."


def _lift(row: dict[str, Any]) -> str:
    if row.get("lift") is None:
        return "Lift: not measured yet."
    treated, holdout = row.get("treated_conversion_rate"), row.get("holdout_conversion_rate")
    interval = f"{_points(row.get('lift_lower'))} to {_points(row.get('lift_upper'))}"
    rates = f"{_share(treated)} of those written to bought, {_share(holdout)} of the holdout"
    return f"Lift: {_points(row['lift'])} ({interval}); {rates}."


def _syncs(told: Told, console: Console) -> None:
    """What left for other systems, up to the run before the last one's snapshot."""
    table = _table("Syncs to other systems", "sync", "to", "outcome", "rows")
    for row in told.figures.get("syncs") or []:
        table.add_row(row["sync"], row["destination"], row["outcome"], _figure(row["row_count"]))
    if table.row_count:
        console.print(table)


def _runs(told: Told, console: Console) -> None:
    table = _table("Runs", "at", "as of", "new events", "sent", "seconds")
    for run in told.runs:
        opened = run.get("opened") or {}
        table.add_row(
            f"{run['at']:%a %d %b %H:%M}", str(opened.get("as_of", ""))[:16], _figure(landed_events(run)),
            _figure(sent_messages(run)), _figure(run["seconds"]),
        )  # fmt: skip
    console.print(table)
    _stages(told, console)
    spent = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in told.seconds.items())
    done = ", ".join(f"{count:,} {what}" for what, count in sorted(told.answers.get("done", {}).items()))
    failed = ", ".join(f"{count:,} {what}" for what, count in sorted(told.answers.get("failed", {}).items()))
    console.print(f"  Besides the runs: {spent}.")
    console.print(
        f"  People and machines did: {done or 'nothing'}." + (f" Refused: {failed}." if failed else "")
    )
    new = f"{told.new.get('events', 0):,} events of the world, {told.new.get('mails', 0):,} mails"
    console.print(f"  New this time: {new}.\n")


def _stages(told: Told, console: Console) -> None:
    """Where the first run's time went, if the run tells."""
    stages = told.runs[0].get("stage_seconds") if told.runs else None
    if isinstance(stages, dict):
        console.print(
            "  First run: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages.items()) + "."
        )


def landed_events(run: dict[str, Any]) -> int | None:
    """Event rows that a run committed, as its compaction tells."""
    return _first(run.get("compacted"), "rows_landed", "landed", "events", "rows")


def sent_messages(run: dict[str, Any]) -> int | None:
    """Messages that a run handed over, as its delivery tells."""
    return _first(run.get("delivered"), "accepted", "sent")


def _first(stage: Any, *names: str) -> int | None:
    for name in names:
        if isinstance(stage, dict) and isinstance(stage.get(name), int):
            return stage[name]
    return None


def _where_next(told: Told, console: Console) -> None:
    lines = [
        "[bold]make up[/bold]   Dagster UI, dashboards, API and vendors, addresses printed",
        '[bold]kith query[/bold] "SELECT outcome, reason, count(*) FROM messages GROUP BY ALL"',
        '[bold]kith query[/bold] "SELECT * FROM campaign_performance"',
        f"data in {told.places.get('home')}, mail in {told.places.get('mail')}",
        f"the hidden truth, for those who want to check: {told.places.get('truth')}",
    ]
    console.print(Panel("\n".join(lines), title="Where to look next", title_align="left", expand=False))


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else "–" if value is None else str(value)


def _share(value: Any) -> str:
    return "–" if value is None else f"{float(value):.1%}"


def _points(value: Any) -> str:
    return "–" if value is None else f"{100 * float(value):+.1f} points"

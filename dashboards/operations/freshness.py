"""How fresh everything is: the runs that were published, the sources that send, the tables."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pyarrow.parquet as pq
import streamlit as st

from dashboards.answers import operations as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import Spelling, spell_age
from dashboards.frame.freshness import spell_freshness
from dashboards.notices import is_published, nothing
from dashboards.operations.listing import show_published
from dashboards.reader import Reader
from kith.clock import WallClock
from kith.lake import Home

#: A source that sent nothing for so many days while others did is silent.
SILENT_DAYS = 2


def show_runs(reader: Reader, spelling: Spelling) -> None:
    """The published run and those before it that are still kept."""
    rows = runs(reader)
    current = next((each for each in rows if each["is_shown"]), None)
    cards = [
        Card("Data as of", spelling.instant(reader.as_of), "The run's own instant", spell_freshness(reader)),
        Card("Tables published", spelling.number(len(reader.snapshot.tables())), f"Run {reader.run_id}"),
    ]
    if current and (took := current["since_before"]):
        cards.append(Card("Since the run before", took, "Between the instants of the last two runs"))
    show_cards(cards)
    frame = pd.DataFrame(rows)
    columns = {
        "run": st.column_config.TextColumn("Run", pinned=True), "as_of": "As of (UTC)", "is_shown": "Shown",
        "since_before": "After the one before", "tables": "Tables",
        "megabytes": st.column_config.NumberColumn("Size (MB)", format="%.1f"),
    }  # fmt: skip
    show_published(reader, frame, "runs", "Published runs", columns)


def runs(reader: Reader) -> list[dict]:
    """One row per kept snapshot, the last first; a folder that is being written has no `run` yet and is left out."""
    folders = sorted(Home(reader.settings.home).published.iterdir())
    told = [(path, path / "run.parquet") for path in folders if path.is_dir()]
    found = []
    for path, stamp in told:
        try:
            row = pq.ParquetFile(stamp).read().to_pylist()[0]
        except (OSError, IndexError):
            continue
        files = [each for each in path.rglob("*.parquet") if each.is_file()]
        gap = row["as_of"] - row["previous_as_of"] if row.get("previous_as_of") else None
        found.append(
            {
                "run": path.name,
                "as_of": row["as_of"],
                "is_shown": path.name == reader.run_id,
                "since_before": _span(gap),
                "tables": len({each.relative_to(path).parts[0] for each in files}) - 1,
                "megabytes": sum(each.stat().st_size for each in files) / 1e6,
            }
        )
    return found[::-1]


def _span(gap: timedelta | None) -> str:
    return "" if gap is None else spell_age(gap).removesuffix(" ago")


def show_sources(reader: Reader, spelling: Spelling) -> None:
    """Who sends events, how many lately, and who fell silent."""
    if not is_published(reader, "events_daily"):
        return
    frame = answers.sources(reader)
    if frame.empty:
        nothing("No event has arrived yet.")
        return
    silent = frame[frame["silent_days"] >= SILENT_DAYS]
    if len(silent):
        told = ", ".join(
            f"**{each['source']}** ({spelling.number(each['silent_days'])} days)"
            for each in silent.to_dict("records")
        )
        st.info(f"Sent nothing while other sources did: {told}.", icon=":material/sensors_off:")
    number = st.column_config.NumberColumn
    columns = {
        "source": st.column_config.TextColumn("Source", pinned=True),
        "event_count": number("Events", format="localized"),
        "recent_count": number("Last 7 days", format="localized"),
        "earlier_count": number("7 days before", format="localized"),
        "first_on": st.column_config.DateColumn("First", format="D MMM YYYY"),
        "last_on": st.column_config.DateColumn("Last", format="D MMM YYYY"),
        "silent_days": number("Days silent", format="localized"),
    }
    show_published(reader, frame, "sources", "Sources of events", columns, "events_daily")


def show_tables(reader: Reader) -> None:
    """Each published table: rows, size, and since when it is as it is (an unchanged one is taken over)."""
    now = WallClock().now().timestamp()
    rows = [table_row(name, path, now) for name, path in reader.snapshot.tables().items()]
    columns = {
        "table": st.column_config.TextColumn("Table", pinned=True),
        "rows": st.column_config.NumberColumn("Rows", format="localized"),
        "megabytes": st.column_config.NumberColumn("Size (MB)", format="%.2f"),
        "written": "Written",
    }
    show_published(reader, pd.DataFrame(rows), "tables", "Published tables", columns)


def table_row(name: str, path, now: float) -> dict:
    """`table, rows, megabytes, written` of one table, by the footers of its files."""
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    return {
        "table": name,
        "rows": sum(pq.read_metadata(each).num_rows for each in files),
        "megabytes": sum(each.stat().st_size for each in files) / 1e6,
        "written": spell_age(
            timedelta(seconds=now - max((each.stat().st_mtime for each in files), default=now))
        ),
    }

"""Key figures by the metrics that were kept with the snapshot: their SQL is there, nothing is compiled here."""

from __future__ import annotations

import streamlit as st

from dashboards.notices import is_published
from dashboards.reader import READERS_KEPT, Reader
from kith.metrics.catalogue import Catalogue, read_catalogue

#: The saved queries that pages ask, and the tables over which they run.
PEOPLE, ORDERS, REVENUE = "people", "orders_by_day", "revenue_by_day"
CHANNELS, CAMPAIGNS = "messages_by_channel", "messages_by_campaign"
_TABLES = {
    PEOPLE: "profiles",
    ORDERS: "orders",
    REVENUE: "orders",
    CHANNELS: "messages",
    CAMPAIGNS: "messages",
}


def saved_sql(reader: Reader, query: str) -> str | None:
    """The SQL of a saved query as a relation; None where this run can't tell it (older than metrics, or no table)."""
    catalogue = _kept(reader, str(reader.snapshot.path))
    found = {each.name: each.sql for each in catalogue.saved} if catalogue else {}
    return f"({found[query]})" if found.get(query) and not reader.missing(_TABLES[query]) else None


def describe(reader: Reader, metric: str) -> str:
    """What a metric counts, in the words of its definition."""
    catalogue = _kept(reader, str(reader.snapshot.path))
    told = {each.name: each.description for each in catalogue.metrics} if catalogue else {}
    return f"Metric `{metric}`: {told[metric]}" if metric in told else f"Metric `{metric}`"


def is_told(reader: Reader, *queries: str) -> bool:
    """Whether the run can tell these saved queries; if not, says why and what to do."""
    tables = dict.fromkeys(_TABLES[query] for query in queries)
    if any(reader.missing(table) for table in tables):
        return is_published(reader, *tables)
    if all(saved_sql(reader, query) for query in queries):
        return True
    st.info(
        f"Run `{reader.run_id}` was published without its metrics, so key figures can't be told. "
        "`kith run` publishes them with the next run.",
        icon=":material/function:",
    )
    return False


@st.cache_data(max_entries=READERS_KEPT, show_spinner=False)
def _kept(_reader: Reader, path: str) -> Catalogue | None:
    return read_catalogue(_reader.snapshot)

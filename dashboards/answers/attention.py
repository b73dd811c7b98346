"""What needs somebody's attention: each thing with what it is, where to look, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from dashboards.answers.health import count_arrivals
from dashboards.reader import Reader
from kith.clock import system_clock
from kith.definitions import definition_files, read_yaml
from kith.errors import KithError

#: Beyond these a sender's reputation suffers: shares of what was sent over the last days that had any.
MOST_HARD_BOUNCES, MOST_COMPLAINTS, LEAST_SENT = 0.02, 0.003, 100
SENDING_DAYS = 7
OLD_DATA, OLD_MODEL = timedelta(hours=26), timedelta(days=45)
#: A split of people as uneven as this comes about by chance once in a thousand.
UNEVEN = 0.001
DEFINITIONS = ("segments", "journeys", "campaigns", "syncs", "dashboards")
#: Pages under which a kind of definition is looked at.
PAGES = {"segments": "segments", "journeys": "journeys", "campaigns": "campaigns", "dashboards": "my"}


@dataclass(frozen=True)
class Concern:
    """`severity` is `urgent` or `watch`. `page` with its parameters shows more; `way_out` says what to do."""

    severity: str
    told: str
    way_out: str
    page: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def concerns(reader: Reader) -> list[Concern]:
    """All of them, urgent ones first."""
    found = [concern for ask in _ASKED for concern in ask(reader)]
    return sorted(found, key=lambda each: each.severity != "urgent")


def _freshness(reader: Reader) -> Iterator[Concern]:
    try:
        age = system_clock(reader.settings).now() - reader.as_of
    except KithError:
        return
    if age > OLD_DATA:
        days = age.total_seconds() / 86_400
        yield Concern(
            "urgent",
            f"The data is {days:.1f} days old.",
            "`kith run`, or see why the schedule didn't",
            "freshness",
        )


def _arrivals(reader: Reader) -> Iterator[Concern]:
    if reader.missing("quality_checks"):
        return
    arrivals = count_arrivals(reader)
    held = arrivals.rows_in - arrivals.rows_landed - arrivals.rows_set_aside
    if held > 0:
        yield Concern(
            "urgent", f"{held:,} rows are held with a batch that a check refused.",
            "look at the check, then `kith held release` or mend the source", "data_quality",
        )  # fmt: skip
    for kind in ("arrival", "warehouse", "drift"):
        if failing := _failing(reader, kind):
            named = ", ".join(failing[:3]) + (f" and {len(failing) - 3} more" if len(failing) > 3 else "")
            if kind == "drift":
                yield Concern(
                    "watch",
                    f"What models look at has moved: {named}.",
                    "train again if it stays so",
                    "predictions",
                )
            else:
                yield Concern(
                    "watch", f"Checks that failed last time: {named}.", "see what arrived", "data_quality"
                )


def _failing(reader: Reader, kind: str) -> list[str]:
    """The checks of a kind that failed last time. Rows set aside one by one are told with the quality of arrivals."""
    if "kind" not in reader.columns("quality_checks"):
        return []
    rows = reader.rows(
        """
        SELECT source || ': ' || check_name AS told
        FROM quality_checks
        WHERE kind = $kind
        GROUP BY source, check_name
        HAVING NOT arg_max(is_passed, "at")
        ORDER BY told""",
        kind=kind,
    )
    return [row["told"] for row in rows]


def _segments(reader: Reader) -> Iterator[Concern]:
    if "held_reason" not in reader.columns("segments"):
        return
    for row in reader.rows(
        "SELECT segment, held_reason FROM segments WHERE held_reason IS NOT NULL ORDER BY segment"
    ):
        yield Concern(
            "urgent", f"Segment {row['segment']} is held: its audience {row['held_reason']}.",
            f"`kith segments confirm {row['segment']}` if that is meant", "segments", {"segment": row["segment"]},
        )  # fmt: skip


def _messages(reader: Reader) -> Iterator[Concern]:
    if reader.missing("messages"):
        return
    for row in reader.rows("""
        SELECT campaign, count(*) AS message_count
        FROM messages
        WHERE outcome = 'unknown' OR is_uncertain
        GROUP BY campaign
        ORDER BY message_count DESC, campaign"""):
        yield Concern(
            "urgent", f"{row['message_count']:,} messages of {row['campaign']} may have been sent or not.",
            "compare them with the provider's log", "campaigns", {"campaign": row["campaign"] or ""},
        )  # fmt: skip


def _splits(reader: Reader) -> Iterator[Concern]:
    if "srm_p_value" not in reader.columns("campaign_performance"):
        return
    for row in reader.rows(
        "SELECT campaign FROM campaign_performance WHERE srm_p_value < $uneven ORDER BY campaign",
        uneven=UNEVEN,
    ):
        yield Concern(
            "urgent", f"The holdout of {row['campaign']} is not the share it should be: its lift can't be trusted.",
            "find out who was left out of one side", "campaigns", {"campaign": row["campaign"]},
        )  # fmt: skip


def _sending(reader: Reader) -> Iterator[Concern]:
    if reader.missing("deliverability"):
        return
    for row in channels(reader):
        if row["sent_count"] < LEAST_SENT:
            continue
        for name, most in (("hard_bounce", MOST_HARD_BOUNCES), ("complaint", MOST_COMPLAINTS)):
            share = row[f"{name}_count"] / row["sent_count"]
            if share > most:
                told = name.replace("_", " ")
                yield Concern(
                    "watch", f"{told.capitalize()}s of {row['channel']} by {row['provider']}: {share:.1%} of all sent.",
                    f"keep it below {most:.1%}: clean the list, send to who reads", "campaigns",
                )  # fmt: skip


def channels(reader: Reader) -> list[dict]:
    """By channel and provider, over the last days on which anything was sent: sent, accepted, bounced, complained."""
    return reader.rows(
        """
        SELECT
            channel,
            provider,
            max(sent_on) AS last_on,
            CAST(sum(sent_count) AS BIGINT) AS sent_count,
            CAST(sum(accepted_count) AS BIGINT) AS accepted_count,
            CAST(sum(delivered_count) AS BIGINT) AS delivered_count,
            CAST(sum(hard_bounce_count) AS BIGINT) AS hard_bounce_count,
            CAST(sum(complaint_count) AS BIGINT) AS complaint_count
        FROM deliverability
        WHERE sent_on > (SELECT max(sent_on) FROM deliverability) - $days
        GROUP BY channel, provider
        ORDER BY sent_count DESC, channel, provider""",
        days=SENDING_DAYS,
    )


def _syncs(reader: Reader) -> Iterator[Concern]:
    if reader.missing("sync_rows"):
        return
    for row in reader.rows("""
        SELECT sync, count(*) AS row_count
        FROM sync_rows
        WHERE outcome IN ('failed', 'rejected', 'unknown')
        GROUP BY sync
        ORDER BY row_count DESC, sync"""):
        yield Concern(
            "watch", f"{row['row_count']:,} rows of sync {row['sync']} were not taken.",
            "see why, mend, and replay them", "dead_letters",
        )  # fmt: skip


def _models(reader: Reader) -> Iterator[Concern]:
    if reader.missing("model_runs"):
        return
    for row in reader.rows(
        """
        SELECT model, max(trained_at) AS trained_at
        FROM model_runs
        WHERE is_champion
        GROUP BY model
        HAVING max(trained_at) < $oldest
        ORDER BY model""",
        oldest=(reader.as_of - OLD_MODEL).replace(tzinfo=None),
    ):
        yield Concern(
            "watch", f"Model {row['model']} was last trained on {row['trained_at']:%-d %b %Y}.",
            f"`kith models train {row['model']}`", "predictions",
        )  # fmt: skip


def _definitions(reader: Reader) -> Iterator[Concern]:
    for kind in DEFINITIONS:
        for path in definition_files(reader.settings, kind):
            try:
                read_yaml(path)
            except KithError as error:
                line = (error.where or "").rpartition(":")[2]
                place = f"{kind}/{path.name}" + (f", line {line}" if line.isdigit() else "")
                yield Concern(
                    "urgent",
                    f"A definition can't be read: {place} ({error.problem}).",
                    "mend the file",
                    PAGES.get(kind, ""),
                )


_ASKED: tuple[Callable[[Reader], Iterator[Concern]], ...] = (
    _freshness, _arrivals, _segments, _messages, _splits, _sending, _syncs, _models, _definitions,
)  # fmt: skip

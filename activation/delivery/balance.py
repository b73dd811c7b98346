"""Whether the books balance: each planned message stands in exactly one place; and which vendors fail too often."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from activation.contract import Decision, Outcome
from activation.delivery.schema import LEDGER
from activation.delivery.vendor_health import read_health
from kith.settings import Section, Settings, read_section
from kith.state import StateDatabase
from kith.times import to_utc_naive

LOOKED_AT = timedelta(hours=24)
#: What was handed to a vendor, and of it what went wrong on our side or theirs.
_HANDED = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)


class AlertSettings(Section, prefix="KITH_ALERT_"):
    """From which rates on delivery is said to ail; below `least_messages` in a day nothing is said."""

    failure_rate: float = 0.05
    rejection_rate: float = 0.10
    undelivered_rate: float = 0.15
    least_messages: int = 50


@dataclass(frozen=True)
class Balance:
    """Messages by where they stand: `planned` in the outbox, the rest in the ledger. `absent` were to be sent, and the
    ledger does not hold them (not yet loaded, or lost); negative where it holds what nobody planned."""

    planned: int = 0
    withheld: int = 0
    suppressed: int = 0
    expired: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    unknown: int = 0
    pending: int = 0

    @property
    def absent(self) -> int:
        return self.planned - sum(getattr(self, each.name) for each in fields(self) if each.name != "planned")

    @property
    def is_balanced(self) -> bool:
        return self.absent == 0


@dataclass(frozen=True)
class Rates:
    """One vendor's last day. Rates are shares of what was handed over, `undelivered` of what it told the end of."""

    channel: str
    provider: str
    handed: int
    failure_rate: float
    rejection_rate: float
    undelivered_rate: float

    def ails(self, limits: AlertSettings) -> list[str]:
        """What is above its limit."""
        if self.handed < limits.least_messages:
            return []
        names = ("failure_rate", "rejection_rate", "undelivered_rate")
        return [name for name in names if getattr(self, name) > getattr(limits, name)]


def balance(settings: Settings, since: datetime | None = None, until: datetime | None = None) -> Balance:
    """All messages that were decided in [since, until), or ever."""
    from kith.warehouse import Warehouse

    bounds = {
        "since": to_utc_naive(since) if since else None,
        "until": to_utc_naive(until) if until else None,
    }
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        rows = warehouse.rows(_PLANNED, bounds)
    planned = {row["decision"]: row["messages"] for row in rows}
    counts = {
        Outcome.WITHHELD.value: planned.get(Decision.WITHHOLD.value, 0),
        **_in_ledger(settings, since, until),
    }
    known = {each.name for each in fields(Balance)} - {"planned"}
    # An outcome that nobody knows is nowhere: its messages show as absent.
    told = {outcome: count for outcome, count in counts.items() if outcome in known}
    return Balance(planned=sum(planned.values()), **told)


_PLANNED = """
    -- How many messages the outbox holds by their decision, each once.
    SELECT decision, count(DISTINCT message_id) AS messages
    FROM lake_journeys_outbox
    WHERE ($since IS NULL OR decided_at >= $since) AND ($until IS NULL OR decided_at < $until)
    GROUP BY decision
"""


def _in_ledger(settings: Settings, since: datetime | None, until: datetime | None) -> Mapping[str, int]:
    wanted = sa.select(LEDGER.c.outcome, sa.func.count()).group_by(LEDGER.c.outcome)
    if since:
        wanted = wanted.where(LEDGER.c.decided_at >= since)
    if until:
        wanted = wanted.where(LEDGER.c.decided_at < until)
    database = StateDatabase.open(settings)
    with database.read() as connection:
        found = {row[0]: row[1] for row in connection.execute(wanted)}
    database.close()
    return found


def vendor_rates(settings: Settings, now: datetime) -> list[Rates]:
    """Each vendor of each channel that was handed anything in the last day."""
    columns = (LEDGER.c.channel, LEDGER.c.provider, LEDGER.c.outcome)
    names = [each.value for each in _HANDED]
    wanted = sa.select(*columns, sa.func.count().label("messages")).group_by(*columns)
    wanted = wanted.where(LEDGER.c.finished_at > now - LOOKED_AT, LEDGER.c.outcome.in_(names))
    database = StateDatabase.open(settings)
    found: dict[tuple[str, str], dict[str, int]] = {}
    with database.read() as connection:
        for row in connection.execute(wanted.where(LEDGER.c.provider != "")):
            found.setdefault((row.channel, row.provider), {})[row.outcome] = row.messages
        health = {channel: read_health(connection, channel, now) for channel, _ in found}
    database.close()
    return [_rates(*key, counts, health) for key, counts in sorted(found.items())]


def _rates(channel: str, provider: str, counts: Mapping[str, int], health: Mapping) -> Rates:
    handed = sum(counts.values())
    told = health[channel].get(provider)
    ended = told.delivered + told.undelivered if told else 0
    return Rates(
        channel,
        provider,
        handed,
        round((counts.get("failed", 0) + counts.get("unknown", 0)) / handed, 4),
        round(counts.get("rejected", 0) / handed, 4),
        round(told.undelivered / ended, 4) if told and ended else 0.0,
    )


def ailing(rates: list[Rates]) -> list[dict[str, object]]:
    """The vendors above a limit, a row each, with what is the matter."""
    limits = read_section(AlertSettings)
    return [{**asdict(each), "above": each.ails(limits)} for each in rates if each.ails(limits)]

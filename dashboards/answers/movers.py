"""What changed, and why: the change of a figure split into what each country, channel, device or segment added to it.

Parts always add up to the whole change. A figure that is a count or a sum changes by the sum of its parts' changes. A
rate R = N/D changes by  Σ w̄ᵢ·Δrᵢ + (r̄ᵢ − R̄)·Δwᵢ  (wᵢ = Dᵢ/D, rᵢ = Nᵢ/Dᵢ, bars are means of before and after): what a
part did itself, and how much more or less of the whole it is; the sum is exactly ΔR, since the weights add up to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from dashboards.answers.metrics import Asked, Filter, catalogue_of, dimensions_of, last_days, per_person, tell
from dashboards.reader import Reader
from kith.warehouse import quote

SEGMENT, INSIDE, OUTSIDE, UNKNOWN = "segment", "In it", "Everybody else", "Unknown"


@dataclass(frozen=True)
class Figure:
    """A figure that may be split: a metric that adds up, or the ratio of two that do."""

    metric: str
    numerator: str
    denominator: str = ""

    @property
    def is_rate(self) -> bool:
        return bool(self.denominator)

    @property
    def summed(self) -> tuple[str, ...]:
        return (self.numerator, self.denominator) if self.denominator else (self.numerator,)


FIGURES = {
    each.metric: each
    for each in (
        Figure("orders", "orders"),
        Figure("net_revenue", "net_revenue"),
        Figure("sessions", "sessions"),
        Figure("conversion_rate", "converted_sessions", "sessions"),
        Figure("average_order_value", "revenue", "orders"),
        Figure("new_profiles", "new_profiles"),
    )
}
#: By what a figure is split where it can be told by it, the most telling first.
SPLITS = ("country", "channel_group", "device", "usual_device", "favourite_category", "source", "locale")


@dataclass(frozen=True)
class Sums:
    """Of one part: the metric, or numerator and denominator."""

    numerator: float = 0.0
    denominator: float = 1.0


@dataclass(frozen=True)
class Part:
    """What one part was, is, and added to the change of the whole."""

    name: str
    before: float | None
    after: float | None
    contribution: float


@dataclass(frozen=True)
class Change:
    """The whole and its parts, the greatest contribution first (by size). Their sum is `after - before`."""

    before: float | None
    after: float | None
    parts: tuple[Part, ...]

    @property
    def amount(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


def splits_of(reader: Reader, figure: Figure) -> list[str]:
    """The dimensions by which a figure may be split, and segments where the run has them."""
    known = dimensions_of(catalogue_of(reader), figure.summed)
    found = [each for each in SPLITS if each in known]
    return [*found, SEGMENT] if not reader.missing("segment_members") else found


def currencies(reader: Reader, figure: Figure) -> list[str]:
    """In what the figure is told, the one with the most first; none where it is no money."""
    first, last = last_days(reader, 365)
    told = tell(reader, Asked((figure.numerator,), first=first, last=last))
    if not told.currency:
        return []
    ordered = told.frame.sort_values(figure.numerator, ascending=False)
    return [str(each) for each in ordered[told.currency].dropna()]


def change_by(
    reader: Reader, figure: Figure, split: str, days: int, currency: str = "", segment: str = ""
) -> Change:
    """The last full `days` against as many before. `split` is a dimension, or SEGMENT with the `segment`'s name."""
    first, last = last_days(reader, days)
    filters = (Filter("currency", (currency,)),) if currency else ()
    asked = Asked(figure.summed, filters=filters, first=first, last=last)
    before = replace(asked, first=first - timedelta(days=days), last=first - timedelta(days=1))
    if split == SEGMENT:
        sums = [_by_segment(reader, figure, each, segment) for each in (before, asked)]
    else:
        sums = [_by_dimension(reader, figure, replace(each, by=(split,)), split) for each in (before, asked)]
    return decompose(*sums, is_rate=figure.is_rate)


def period_before(first: date, days: int) -> tuple[date, date]:
    """The days that a change is measured against."""
    return first - timedelta(days=days), first - timedelta(days=1)


def decompose(before: Mapping[str, Sums], after: Mapping[str, Sums], *, is_rate: bool) -> Change:
    """Split the change of a sum, or of a ratio of sums, over the parts that either time has."""
    names = list(dict.fromkeys([*after, *before]))
    if is_rate:
        return _decompose_rate(before, after, names)
    parts = [
        Part(name, old, new, new - old)
        for name in names
        for old, new in [(_amount(before, name), _amount(after, name))]
    ]
    totals = (sum(part.before or 0.0 for part in parts), sum(part.after or 0.0 for part in parts))
    return Change(*totals, _ordered(parts))


def _decompose_rate(before: Mapping[str, Sums], after: Mapping[str, Sums], names: list[str]) -> Change:
    old_rate, old_whole = _rate(before)
    new_rate, new_whole = _rate(after)
    if old_rate is None or new_rate is None:
        return Change(old_rate, new_rate, ())
    mean = (old_rate + new_rate) / 2
    parts = []
    for name in names:
        old, new = before.get(name, Sums(0, 0)), after.get(name, Sums(0, 0))
        if old == new == Sums(0, 0):
            continue
        own = (_own(old), _own(new))
        parts.append(Part(name, *own, _contribution(old, new, (old_whole, new_whole), mean)))
    return Change(old_rate, new_rate, _ordered(parts))


def _contribution(old: Sums, new: Sums, wholes: tuple[float, float], mean: float) -> float:
    old_weight, new_weight = old.denominator / wholes[0], new.denominator / wholes[1]
    if (old.numerator and not old.denominator) or (new.numerator and not new.denominator):
        # No rate of its own (an amount without an order): what it adds to the whole's, directly.
        return new.numerator / wholes[1] - old.numerator / wholes[0] - mean * (new_weight - old_weight)
    # Where one time has nothing of a part its rate there is unknown: it is taken as unchanged.
    rates = [rate for rate in (_own(old), _own(new)) if rate is not None]
    old_own, new_own = (rates[0], rates[-1]) if rates else (0.0, 0.0)
    itself = (old_weight + new_weight) / 2 * (new_own - old_own)
    return itself + ((old_own + new_own) / 2 - mean) * (new_weight - old_weight)


def _own(sums: Sums) -> float | None:
    return sums.numerator / sums.denominator if sums.denominator else None


def _rate(sums: Mapping[str, Sums]) -> tuple[float | None, float]:
    whole = sum(each.denominator for each in sums.values())
    return (sum(each.numerator for each in sums.values()) / whole if whole else None), whole


def _amount(sums: Mapping[str, Sums], name: str) -> float:
    return sums[name].numerator if name in sums else 0.0


def _ordered(parts: list[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: (-abs(part.contribution), part.name)))


def _by_dimension(reader: Reader, figure: Figure, asked: Asked, split: str) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for row in tell(reader, asked).frame.to_dict("records"):
        name = UNKNOWN if row[split] is None or row[split] != row[split] else str(row[split])
        found[name] = _sums(figure, row)
    return found


def _by_segment(reader: Reader, figure: Figure, asked: Asked, segment: str) -> dict[str, Sums]:
    totals = ", ".join(
        f"CAST(coalesce(sum({quote(name)}), 0) AS DOUBLE) AS {quote(name)}" for name in figure.summed
    )
    rows = reader.rows(
        f"""
        SELECT person IN (SELECT profile_id FROM segment_members WHERE segment = $segment) AS is_member, {totals}
        FROM ({per_person(reader, asked)}) AS told
        GROUP BY is_member""",
        segment=segment,
    )
    found: dict[str, Sums] = {}
    for row in rows:  # who is nobody known (NULL) is in no segment
        name = INSIDE if row["is_member"] else OUTSIDE
        earlier, own = found.get(name, Sums(0, 0)), _sums(figure, row)
        found[name] = Sums(earlier.numerator + own.numerator, earlier.denominator + own.denominator)
    return found


def _sums(figure: Figure, row: Mapping[Any, Any]) -> Sums:
    bottom = _known(row[figure.denominator]) if figure.is_rate else 1.0
    return Sums(_known(row[figure.numerator]), bottom)


def _known(amount: float | None) -> float:
    return 0.0 if amount is None or amount != amount else float(amount)

"""Random definitions of attributes and random histories."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.unit.segments.world import AS_OF, Person

ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns")
EVENTS = ["Order Completed", "Product Viewed", "it's; --", "日本"]
KEYS = ["category", "total", "is_gift", "a b", "q\"x'y", "sl/ash~", "cart.total", "日本"]

_texts = ["GB", "o'Neil", 'say "hi"', "--", "';", "ß", "é", "日本", "\\", "%", "", "true", "7", "12,50", "NaN", "inf",
          "1e2", "1_0", " 1", "0.30", "-0.00005", "0.00005", "2026-02-29", "2024-02-29", "0000-01-01", "2026-05-01",
          "99999999999999.9999", "99999999999999.99995", "100000000000000", "123456789012345678", "1e99"]  # fmt: skip
_landed = (st.sampled_from(_texts) | st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=4)).map(
    lambda text: unicodedata.normalize("NFC", text)
)
_number = st.integers(-3, 4) | st.sampled_from([0.1, 0.3, 2.5, -0.5, 0.00015, 1e-9, 10**17, 9e13, 99.99])
_property = st.none() | _landed | _number | st.booleans() | st.just({"a": 1}) | st.just([1, "x"])
_properties = st.none() | st.dictionaries(
    st.sampled_from([key for key in KEYS if key != "cart.total"]), _property, max_size=4
).flatmap(lambda flat: _property.map(lambda value: {**flat, "cart": {"total": value}} if value else flat))

_edges = st.sampled_from([AS_OF, AS_OF - timedelta(microseconds=1), AS_OF + timedelta(seconds=1)])
_midnights = st.builds(
    lambda zone, back, off: datetime(2026, 5, 1, tzinfo=UTC) - timedelta(days=back, hours=zone, microseconds=off),
    st.sampled_from([0, 2, 12, -2.5]), st.sampled_from([1, 2, 7, 30]), st.sampled_from([0, 1]),
)  # fmt: skip
_halves = st.integers(1, 8).map(lambda half_days: AS_OF - timedelta(hours=12 * half_days))
INSTANTS = (
    _edges | _midnights | _halves | st.integers(0, 5_000_000).map(lambda s: AS_OF - timedelta(seconds=s))
)

PEOPLE = st.lists(
    st.builds(
        Person,
        profile_id=st.just(""),
        events=st.lists(st.tuples(st.sampled_from(EVENTS), INSTANTS, _properties), max_size=12),
    ),
    min_size=1,
    max_size=8,
).map(lambda people: [_named(person, number) for number, person in enumerate(people)])

_filter = (
    st.booleans()
    | _number.filter(lambda value: value != 10**17 and value != 9e13)
    | _landed
    | st.fixed_dictionaries({"at_least": st.sampled_from([0, 1, 2.5])})
    | st.fixed_dictionaries({"missing": st.booleans()})
    | st.fixed_dictionaries({"contains": st.sampled_from(["o", "ß", "'", "日"])})
    | st.fixed_dictionaries({"in": st.lists(_landed, min_size=1, max_size=3)})
)
_DEFAULTS = {
    "text": _landed, "whole": st.integers(-5, 5), "amount": st.sampled_from([0, 1.5, -2, 0.0001]),
    "boolean": st.booleans(), "date": st.just("2020-02-29"), "instant": st.just("2020-02-29T12:00:00+00:00"),
}  # fmt: skip


def _named(person: Person, number: int) -> Person:
    person.profile_id = f"p{number}"
    return person


def _typed(measure: str) -> st.SearchStrategy[str]:
    if measure in ("count", "days", "distinct"):
        return st.just("whole")
    if measure.endswith("_value"):
        return st.sampled_from(["text", "whole", "amount", "boolean", "date"])
    return st.just("instant" if measure.endswith("_time") else "amount")


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """One definition."""
    from activation.segments.computation import COUNTED, MEASURES

    measure = draw(st.sampled_from(MEASURES))
    body: dict[str, Any] = {
        "event": draw(st.sampled_from(EVENTS)),
        "measure": measure,
        "type": draw(_typed(measure)),
    }
    if measure not in ("count", "days", "first_time", "last_time"):
        body["of"] = draw(st.sampled_from(KEYS))
    if draw(st.booleans()):
        body["within"] = draw(st.sampled_from(["1d", "2d", "7d", "1w", "30d"]))
    if draw(st.booleans()):
        body["where"] = draw(st.dictionaries(st.sampled_from(KEYS), _filter, max_size=2))
    if measure not in COUNTED and draw(st.booleans()):
        body["default"] = draw(_DEFAULTS[body["type"]])
    return body

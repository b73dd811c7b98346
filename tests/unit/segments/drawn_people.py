"""People drawn at random: values of every type, and histories that meet at the edges of windows."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.unit.segments.world import AS_OF, Person

_TEXTS = [
    "GB",
    "DE",
    "o'Neil",
    'say "hi"',
    "--",
    "';",
    "ß",
    "e\u0301",
    "日本",
    "\\",
    "%",
    "_",
    "a/b~c",
    "",
    "true",
    "7",
]
texts = st.sampled_from(_TEXTS) | st.text(
    st.characters(exclude_categories=("Cc", "Cs")), min_size=0, max_size=6
)
# Landing keeps text in NFC; a definition may be written in any form.
landed_texts = texts.map(lambda text: unicodedata.normalize("NFC", text))
needles = st.sampled_from([text for text in _TEXTS if text])
wholes = st.integers(-3, 12)
numbers = wholes | st.sampled_from([0.1, 0.3, 2.5, 1e-9])
_edges = st.sampled_from(
    [AS_OF, AS_OF - timedelta(microseconds=1), AS_OF + timedelta(seconds=1),
     datetime(2026, 4, 30, tzinfo=UTC),
     datetime(2026, 4, 29, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)]
)  # fmt: skip
# Coarse instants meet: equal ones of several events, gaps to the second, local midnights of each zone.
_midnights = st.builds(
    lambda zone, back: datetime(2026, 5, 1, tzinfo=UTC) - timedelta(days=back, hours=zone),
    st.sampled_from([0, 2, 12, -2.5]), st.sampled_from([1, 2, 7, 14, 21, 28]),
)  # fmt: skip
_halves = st.integers(1, 12).map(lambda half_days: AS_OF - timedelta(hours=12 * half_days))
instants = (
    _edges
    | _midnights
    | _halves
    | st.integers(0, 100 * 86_400).map(lambda seconds: AS_OF - timedelta(seconds=seconds))
)
days = st.integers(-60, 60).map(lambda days: date(2026, 4, 30) - timedelta(days=days))
windows = st.sampled_from(["1d", "2d", "7d", "1w", "33d", "90d"])
KEYS = ["category", "total", "is_gift", "a b", "q\"x'y", "sl/ash~", "cart.total", "日本"]
property_values = (
    st.none()
    | landed_texts
    | numbers
    | st.booleans()
    | st.sampled_from(["12", "0.30", " 1", "1_0", "1e2", "nan"])
)
properties = st.none() | st.dictionaries(
    st.sampled_from([key for key in KEYS if key != "cart.total"]), property_values, max_size=3
).flatmap(
    lambda flat: property_values.map(lambda value: {**flat, "cart": {"total": value}} if value else flat)
)
EVENTS = ["Order Completed", "Product Viewed", "it's; --", "日本"]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_MESSAGES = ["m1", "m2", "m3"]
_TOLD = [
    "Message Sent", "Message Sent", "Email Opened", "Email Delivered", "SMS Link Clicked", "Push Notification Tapped",
    "Push Notification Bounced", "Unsubscribed", "Message Opened", "SMS Received", "message:opened",
]  # fmt: skip
_about = st.fixed_dictionaries(
    {"message_id": st.sampled_from([*_MESSAGES, *_MESSAGES, None])},
    optional={
        "campaign": st.sampled_from(["winback", "e\u0301", 7]),
        "channel": st.sampled_from(["email", "sms"]), "template": st.sampled_from(["offer", "it's"]),
        "step_id": st.sampled_from(["message:offer", "", None]),
    },
)  # fmt: skip
_happenings = st.one_of(
    st.tuples(st.sampled_from(EVENTS), instants, properties),
    st.tuples(st.sampled_from(_TOLD), instants, st.none() | _about),
)
people = st.builds(
    Person,
    profile_id=st.just(""),
    country=maybe(landed_texts),
    email=maybe(landed_texts),
    order_count=maybe(wholes),
    order_amount=maybe(
        st.sampled_from([Decimal("0.1000"), Decimal("0.3"), Decimal("9.99"), Decimal("-3"), Decimal("0")])
    ),
    average_order_amount=maybe(
        st.sampled_from([0.1, 0.3, 0.1 + 0.2, 9.99, float("nan"), float("inf"), -0.0, 2.5])
    ),
    is_bot=maybe(st.booleans()),
    birthday=maybe(days),
    last_order_at=maybe(instants),
    events=st.lists(_happenings, max_size=12),
)
consents = st.dictionaries(
    st.tuples(
        st.sampled_from(["p00", "p01", "p02"]),
        st.sampled_from(["marketing", "news"]),
        st.sampled_from(["email", "sms"]),
    ),
    st.booleans(),
)

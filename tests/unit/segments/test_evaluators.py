"""The evaluator against the plain-Python oracle, over random definitions and histories."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, publish
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import load_segments
from activation.segments.explain import judge
from activation.segments.facts import read_facts
from activation.segments.one_profile import OneProfile
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.world import open_world
from kith.init import initialise
from kith.lake import Home
from kith.settings import Settings, load_settings
from tests.unit.segments.oracle import Oracle
from tests.unit.segments.world import AS_OF, Person, begin, define, write_scores

DEFINITIONS_A_WORLD = 100
WORLDS = 20
EXPLAINED = [f"s{number}" for number in range(0, DEFINITIONS_A_WORLD, 10)]

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
_text = st.sampled_from(_TEXTS) | st.text(
    st.characters(exclude_categories=("Cc", "Cs")), min_size=0, max_size=6
)
# Landing keeps text in NFC; a definition may be written in any form.
_landed = _text.map(lambda text: unicodedata.normalize("NFC", text))
_needle = st.sampled_from([text for text in _TEXTS if text])
_whole = st.integers(-3, 12)
_number = _whole | st.sampled_from([0.1, 0.3, 2.5, 1e-9])
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
_instant = (
    _edges
    | _midnights
    | _halves
    | st.integers(0, 100 * 86_400).map(lambda seconds: AS_OF - timedelta(seconds=seconds))
)
_day = st.integers(-60, 60).map(lambda days: date(2026, 4, 30) - timedelta(days=days))
_window = st.sampled_from(["1d", "2d", "7d", "1w", "33d", "90d"])
_KEYS = ["category", "total", "is_gift", "a b", "q\"x'y", "sl/ash~", "cart.total", "日本"]
_property = (
    st.none() | _landed | _number | st.booleans() | st.sampled_from(["12", "0.30", " 1", "1_0", "1e2", "nan"])
)
_properties = st.none() | st.dictionaries(
    st.sampled_from([key for key in _KEYS if key != "cart.total"]), _property, max_size=3
).flatmap(lambda flat: _property.map(lambda value: {**flat, "cart": {"total": value}} if value else flat))
_EVENTS = ["Order Completed", "Product Viewed", "it's; --", "日本"]


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_person = st.builds(
    Person,
    profile_id=st.just(""),
    country=_maybe(_landed),
    email=_maybe(_landed),
    order_count=_maybe(_whole),
    order_amount=_maybe(
        st.sampled_from([Decimal("0.1000"), Decimal("0.3"), Decimal("9.99"), Decimal("-3"), Decimal("0")])
    ),
    average_order_amount=_maybe(
        st.sampled_from([0.1, 0.3, 0.1 + 0.2, 9.99, float("nan"), float("inf"), -0.0, 2.5])
    ),
    is_bot=_maybe(st.booleans()),
    birthday=_maybe(_day),
    last_order_at=_maybe(_instant),
    events=st.lists(st.tuples(st.sampled_from(_EVENTS), _instant, _properties), max_size=9),
)


def _one_of(**choices: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        *(strategy.map(lambda value, key=key: {key: value}) for key, strategy in choices.items())
    )


def _set(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=1, max_size=4)


def _ordered(values: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    pair = st.tuples(values, values).map(list)
    return {"greater": values, "less": values, "at_least": values, "at_most": values, "between": pair}


def _equal(values: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {"is": values, "is_not": values, "in": _set(values), "not_in": _set(values)}


_missing = {"missing": st.booleans()}
_texts = {**_equal(_text), **dict.fromkeys(("contains", "starts_with", "ends_with"), _needle), **_missing}
_relative = dict.fromkeys(("within", "older_than"), _window)
_instants = _ordered(_instant.map(lambda at: at.isoformat()) | _day.map(str)) | _relative | _missing
_days = (
    _equal(_day.map(str)) | _ordered(_day.map(str)) | _relative | _missing
    | {"anniversary_within": st.sampled_from(["1d", "7d", "30d", "52w", "400d"])}
)  # fmt: skip
_OPERATORS = {
    "country": _texts, "email": _texts, "order_count": _equal(_whole) | _ordered(_whole) | _missing,
    "order_amount": _equal(_number) | _ordered(_number) | _missing,
    "average_order_amount": _ordered(_number) | _missing,
    "is_bot": {"is": st.booleans(), **_missing}, "birthday": _days, "last_order_at": _instants,
}  # fmt: skip
_attribute = st.one_of(
    *(
        _one_of(**given).map(lambda o, name=name: {"attribute": name, **o})
        for name, given in _OPERATORS.items()
    )
)
_filter = st.one_of(
    _one_of(**_texts),
    _one_of(**(_equal(_number) | _ordered(_number))),
    _one_of(is_=st.booleans()).map(lambda o: {"is": o["is_"]}),
    _needle,
    _whole,
)
_happened = st.fixed_dictionaries(
    {},
    optional={
        "within": _window,
        "where": st.dictionaries(st.sampled_from(_KEYS), _filter, min_size=1, max_size=2),
    },
)
_count = st.integers(0, 4)
_event = st.builds(
    lambda name, how, more: {how: name, **more},
    st.sampled_from(_EVENTS), st.sampled_from(["did", "did_not"]), _happened,
)  # fmt: skip
_counted = st.builds(
    lambda name, more, count: {"event": name, "count": count, **more},
    st.sampled_from(_EVENTS), _happened, _one_of(**({"is": _count} | _ordered(_count))),
)  # fmt: skip
_amount = _whole | st.sampled_from([0.1, 0.3, 2.5, 0.0001])
_of = st.sampled_from(_KEYS)


def _measured(word: str, comparison: st.SearchStrategy[Any], has_key: bool) -> st.SearchStrategy[Any]:
    if has_key:
        comparison = st.builds(lambda of, more: {"of": of, **more}, _of, comparison)
    return st.builds(
        lambda name, more, given: {"event": name, word: given, **more},
        st.sampled_from(_EVENTS), _happened, comparison,
    )  # fmt: skip


_counts = _one_of(**({"is": _count} | _ordered(_count)))
_amounts = _one_of(**_ordered(_amount))
_measure = st.one_of(
    _measured("days", _counts, has_key=False),
    _measured("distinct", _counts, has_key=True),
    *(_measured(word, _amounts, has_key=True) for word in ("sum", "average", "minimum", "maximum")),
    *(
        _measured(
            w, _one_of(**(_ordered(_instant.map(lambda at: at.isoformat())) | _relative)), has_key=False
        )
        for w in ("first", "last")
    ),
)
_each_period = st.builds(
    lambda event, days, periods: {**{k: v for k, v in event.items() if k != "within"}, "in_each": days,
                                  "periods": periods},
    _counted | _measure, st.sampled_from(["1d", "7d", "2w"]), st.integers(2, 4),
)  # fmt: skip
_step = st.builds(
    lambda name, where: {"did": name, **({"where": where} if where else {})},
    st.sampled_from(_EVENTS[:2]), st.none() | st.dictionaries(st.sampled_from(_KEYS), _filter, max_size=1),
)  # fmt: skip
_sequence = st.builds(
    lambda first, then, more: {"sequence": [first, then], **more},
    _step, _step,
    st.fixed_dictionaries(
        {}, optional={"gap": st.sampled_from(["1s", "12h", "3d", "40d"]), "without": _step, "within": _window}
    ),
)  # fmt: skip
_consent = st.builds(
    lambda purpose, channel, state: {"consent": purpose, "channel": channel, "is": state},
    st.sampled_from(["marketing", "news"]), st.sampled_from(["email", "sms"]),
    st.sampled_from(["granted", "refused", "unknown"]),
)  # fmt: skip
_share = st.builds(
    lambda share, start, salt: {"random_share": share, "from": start, "salt": salt},
    st.sampled_from([0.1, 0.25, 0.5]), st.sampled_from([0, 0.1, 0.5]), st.sampled_from(["a", "it's"]),
)  # fmt: skip
_leaf = st.one_of(
    _attribute,
    _attribute,
    _event,
    _counted,
    _measure,
    _each_period,
    _sequence,
    _consent,
    _share,
    st.sampled_from(["listed", "s0", "s1"]).map(lambda n: {"segment": n}),
    st.just({"list": "uploaded"}),
)
_percent = st.sampled_from([0.1, 10, 33.3, 50, 100])
_score = st.sampled_from([0.0, 0.25, 0.5, 0.6, 1.0])


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    children = st.lists(inner, min_size=1, max_size=3)
    scored = st.builds(
        lambda model, comparison, fallback: {"score": model, **comparison, "fallback": fallback},
        st.sampled_from(["churn", "never_scored"]),
        _one_of(**_ordered(_score), **dict.fromkeys(("top_percent", "bottom_percent"), _percent)), inner,
    )  # fmt: skip
    return st.one_of(
        *(children.map(lambda each, word=word: {word: each}) for word in ("all", "any", "none")), scored
    )


_definition = st.recursive(_leaf, _grown, max_leaves=6)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    folder = tmp_path_factory.mktemp("differential")
    found = load_settings(home=folder / "home")
    initialise(found)
    return found, folder


@given(
    people=st.lists(_person, min_size=1, max_size=25),
    bodies=st.lists(_definition, min_size=DEFINITIONS_A_WORLD, max_size=DEFINITIONS_A_WORLD),
    scores=st.lists(_maybe(_score | st.just(float("nan"))), min_size=25, max_size=25),
    listed=st.lists(st.booleans(), min_size=25, max_size=25),
    said=st.dictionaries(
        st.tuples(
            st.sampled_from(["p00", "p01", "p02"]),
            st.sampled_from(["marketing", "news"]),
            st.sampled_from(["email", "sms"]),
        ),
        st.booleans(),
    ),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns"]),
)
@budget(
    max_examples=WORLDS, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip
def test_evaluator__agrees_with_the_oracle(place, people, bodies, scores, listed, said, zone) -> None:
    settings, folder = place
    settings = settings.model_copy(update={"zone": zone})
    for number, person in enumerate(people):
        person.profile_id = f"p{number:02d}"
    ids = [person.profile_id for person in people]
    known = {profile: score for profile, score in zip(ids, scores, strict=False) if score is not None}
    lists = {"listed": [profile for profile, is_in in zip(ids, listed, strict=False) if is_in]}
    plain = [{"attribute": "order_count", "at_least": 2}, {"did": "Order Completed"}]
    definitions = {f"s{number}": who for number, who in enumerate([*plain, *bodies])}
    settings = define(folder, settings, **definitions)
    write_scores(Home(settings.home), "churn", AS_OF, {**known, "nobody": 0.5})
    uploaded = ["p00", *(profile for profile in ids if profile[-1] in "37")]
    entries = [Entry(number, profile) for number, profile in enumerate(uploaded)]
    before = AS_OF - timedelta(microseconds=1)
    publish(settings, entries, Upload("uploaded", kind="profile_id"), "people.csv", before)
    run = begin(settings, AS_OF, people, lists=lists, consents=said)
    with open_world(settings, run.snapshot) as world:
        segments = read_segments(world, load_segments(settings))
        audiences = evaluate_sql(world, segments)
        as_bits = evaluate_bits(world, segments)
        one = OneProfile(segments, moment_of(world, [each.tree for each in segments.values()]))
        in_memory = {id_: one.segments_of(facts) for id_, facts in read_facts(world, segments, ids).items()}
        explained = {name: judge(world, segments, segments[name].tree, "p00").is_true for name in EXPLAINED}
    oracle = Oracle(AS_OF, zone, definitions, {"churn": known}, lists, said, set(uploaded))
    for name, who in definitions.items():
        expected = sorted(person.profile_id for person in people if oracle.is_in(person, who))
        assert audiences.members(name).to_pylist() == expected, who
        assert as_bits.members(name).to_pylist() == expected, who
        assert sorted(id_ for id_, found in in_memory.items() if name in found) == expected, who
        assert explained.get(name, "p00" in expected) == ("p00" in expected), who

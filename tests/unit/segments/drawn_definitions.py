"""Definitions drawn at random: every leaf and every comparison of the grammar."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.segments import drawn_people as drawn


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
_texts = {
    **_equal(drawn.texts),
    **dict.fromkeys(("contains", "starts_with", "ends_with"), drawn.needles),
    **_missing,
}
_relative = dict.fromkeys(("within", "older_than"), drawn.windows)
_instants = (
    _ordered(drawn.instants.map(lambda at: at.isoformat()) | drawn.days.map(str)) | _relative | _missing
)
_days = (
    _equal(drawn.days.map(str)) | _ordered(drawn.days.map(str)) | _relative | _missing
    | {"anniversary_within": st.sampled_from(["1d", "7d", "30d", "52w", "400d"])}
)  # fmt: skip
_OPERATORS = {
    "country": _texts, "email": _texts, "order_count": _equal(drawn.wholes) | _ordered(drawn.wholes) | _missing,
    "order_amount": _equal(drawn.numbers) | _ordered(drawn.numbers) | _missing,
    "average_order_amount": _ordered(drawn.numbers) | _missing,
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
    _one_of(**(_equal(drawn.numbers) | _ordered(drawn.numbers))),
    _one_of(is_=st.booleans()).map(lambda o: {"is": o["is_"]}),
    drawn.needles,
    drawn.wholes,
)
_happened = st.fixed_dictionaries(
    {},
    optional={
        "within": drawn.windows,
        "where": st.dictionaries(st.sampled_from(drawn.KEYS), _filter, min_size=1, max_size=2),
    },
)
_count = st.integers(0, 4)
_event = st.builds(
    lambda name, how, more: {how: name, **more},
    st.sampled_from([*drawn.EVENTS, "message:opened"]), st.sampled_from(["did", "did_not"]), _happened,
)  # fmt: skip
_counted = st.builds(
    lambda name, more, count: {"event": name, "count": count, **more},
    st.sampled_from(drawn.EVENTS), _happened, _one_of(**({"is": _count} | _ordered(_count))),
)  # fmt: skip
_amount = drawn.wholes | st.sampled_from([0.1, 0.3, 2.5, 0.0001])
_of = st.sampled_from(drawn.KEYS)


def _measured(word: str, comparison: st.SearchStrategy[Any], has_key: bool) -> st.SearchStrategy[Any]:
    if has_key:
        comparison = st.builds(lambda of, more: {"of": of, **more}, _of, comparison)
    return st.builds(
        lambda name, more, given: {"event": name, word: given, **more},
        st.sampled_from(drawn.EVENTS), _happened, comparison,
    )  # fmt: skip


_counts = _one_of(**({"is": _count} | _ordered(_count)))
_amounts = _one_of(**_ordered(_amount))
_measure = st.one_of(
    _measured("days", _counts, has_key=False),
    _measured("distinct", _counts, has_key=True),
    *(_measured(word, _amounts, has_key=True) for word in ("sum", "average", "minimum", "maximum")),
    *(
        _measured(
            w, _one_of(**(_ordered(drawn.instants.map(lambda at: at.isoformat())) | _relative)), has_key=False
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
    st.sampled_from(drawn.EVENTS[:2]), st.none() | st.dictionaries(st.sampled_from(drawn.KEYS), _filter, max_size=1),
)  # fmt: skip
_sequence = st.builds(
    lambda first, then, more: {"sequence": [first, then], **more},
    _step, _step,
    st.fixed_dictionaries(
        {}, optional={"gap": st.sampled_from(["1s", "12h", "3d", "40d"]), "without": _step, "within": drawn.windows}
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
_status = ["sent", "delivered", "opened", "clicked", "bounced", "unsubscribed"]
_told_of = st.fixed_dictionaries(
    {"message": st.sampled_from(["any", "any", "offer", "it's"])},
    optional={
        "campaign": st.sampled_from(["winback", "e\u0301", "7"]), "channel": st.sampled_from(["email", "sms", "push"]),
        "step": st.just("message:offer"), "within": drawn.windows,
    },
)  # fmt: skip
_answered = st.one_of(
    st.fixed_dictionaries({"was": st.sampled_from(_status)}),
    st.fixed_dictionaries({"was_not": st.sampled_from(_status)}),
    st.fixed_dictionaries(
        {"was": st.sampled_from(_status), "count": _one_of(**({"is": _count} | _ordered(_count)))}
    ),
    st.fixed_dictionaries(
        {"was": st.sampled_from(_status[1:]), "of_last": st.integers(1, 3)},
        optional={"count": _one_of(**({"is": _count} | _ordered(_count)))},
    ),
    st.fixed_dictionaries({"was_not": st.sampled_from(_status[1:]), "of_last": st.integers(1, 3)}),
    st.sampled_from(["was", "was_not"]).flatmap(
        lambda word: st.fixed_dictionaries(
            {word: st.just("converted")},
            optional={"by": st.sampled_from(drawn.EVENTS), "gap": st.sampled_from(["1s", "12h", "40d"])},
        )
    ),
)
_message = st.builds(lambda about, answer: {**about, **answer}, _told_of, _answered)
_leaf = st.one_of(
    _attribute,
    _attribute,
    _event,
    _counted,
    _measure,
    _each_period,
    _sequence,
    _message,
    _message,
    _consent,
    _share,
    st.sampled_from(["listed", "s0", "s1"]).map(lambda n: {"segment": n}),
    st.just({"list": "uploaded"}),
)
_percent = st.sampled_from([0.1, 10, 33.3, 50, 100])
scores = st.sampled_from([0.0, 0.25, 0.5, 0.6, 1.0])


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    children = st.lists(inner, min_size=1, max_size=3)
    scored = st.builds(
        lambda model, comparison, fallback: {"score": model, **comparison, "fallback": fallback},
        st.sampled_from(["churn", "never_scored"]),
        _one_of(**_ordered(scores), **dict.fromkeys(("top_percent", "bottom_percent"), _percent)), inner,
    )  # fmt: skip
    return st.one_of(
        *(children.map(lambda each, word=word: {word: each}) for word in ("all", "any", "none")), scored
    )


definitions = st.recursive(_leaf, _grown, max_leaves=6)

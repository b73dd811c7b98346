"""People whose every text is hostile, and what each evaluator makes of conditions about them."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import Any

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.explain import judge
from activation.segments.person.compiled import Compiled
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.world import World
from tests.unit.segments.differential import definition
from tests.unit.segments.world import AS_OF, Person

DAY = timedelta(days=1)
# One person for each text that could end a literal, hide its end, turn it around or be taken for something else.
TEXTS = [
    "'", "''", '"', "\\", "\\'", "'; DROP TABLE profiles; --", "/* x */", "--", "$1", "?", "{x}", "%s", "${HOME}",
    "\u202egnol", "\u2066x\u2069", "\u200b", "\ufeff", "a\u0301", "\u1e9e", "İ", "ﬁ", "👩\u200d👧", "\U0010ffff", "日本",
    "NO", "no", "null", "true", "02134", "1e3", "2026-05-01", ".inf", "12:30", "~", "*x", "&x", "!x", "|", ">", "- a",
    "a: b", "# a", " a", "a ", "\u00a0", "x" * 2_000,
]  # fmt: skip

# Landing keeps text in NFC; a definition may be written in any form.
LANDED = [unicodedata.normalize("NFC", text) for text in TEXTS]


def people() -> list[Person]:
    found = [
        Person(
            f"p{n:03d}", country=text, order_count=n, order_amount=Decimal(n) / 4,
            events=[(text, AS_OF - DAY, {"v": text}), ("X", AS_OF - DAY, {"v": text, text.replace(".", ""): n})],
        )
        for n, text in enumerate(LANDED)
    ]  # fmt: skip
    return [*found, Person("nobody")]


def seen(world: World, definitions: dict[str, Any]) -> dict[str, list[str]]:
    """Whom every evaluator sees in each condition; that they see the same is asserted."""
    segments = read_segments(world, {name: definition(name, who) for name, who in definitions.items()})
    by_sql, by_bits = evaluate_sql(world, segments), evaluate_bits(world, segments)
    one = Compiled(segments, moment_of(world, [each.tree for each in segments.values()]))
    ids = by_sql.profile_ids.to_pylist()
    by_one = {id_: set(one.members(facts, AS_OF)) for id_, facts in read_facts(world, segments, ids).items()}
    found = {name: by_sql.members(name).to_pylist() for name in segments}
    assert {name: by_bits.members(name).to_pylist() for name in segments} == found
    assert {name: [id_ for id_ in ids if name in by_one[id_]] for name in segments} == found
    for name in list(segments)[:3]:
        assert judge(world, segments, segments[name].tree, "p000").is_true == ("p000" in found[name])
    return found

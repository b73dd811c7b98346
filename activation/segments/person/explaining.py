"""What a term looks at in the facts of one profile, for an explanation; speed is no matter here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from activation.segments.judgement import AMOUNT_SCALE, passes, read_amount
from activation.segments.person.days import EPOCH, TICK, moment_of, span_of
from activation.segments.person.facts import Facts, Row
from activation.segments.terms import (
    AttributeTerm,
    BehaviourTerm,
    ConsentTerm,
    Happening,
    RecentTerm,
    ScoreTerm,
    ShareTerm,
    Term,
)
from kith.ids import bucket
from kith.times import local_day


class Values:
    """The facts of one profile at one instant."""

    def __init__(self, facts: Facts, as_of: datetime, zone: str) -> None:
        self._facts, self._as_of, self._zone = facts, as_of, zone

    def of(self, term: Term) -> Any:
        """What the term compares; None where it is missing, or where the truth says it all."""
        facts = self._facts
        match term:
            case AttributeTerm(attribute=name):
                return facts.attributes.get(name)
            case BehaviourTerm():
                return self._measure(term)
            case RecentTerm():
                return self._answered(term)
            case ScoreTerm(model=model):
                return facts.scores.get(model)
            case ConsentTerm(purpose=purpose, channel=channel):
                return facts.consents.get((purpose, channel))
            case ShareTerm(salt=salt):
                return bucket(facts.profile_id, salt)
        return None

    def _rows(self, happening: Happening) -> list[Row]:
        start, end = span_of(self._as_of, self._zone, happening.days, happening.until)
        until = moment_of(self._as_of) if end is None else end
        occurrence = happening.occurrence
        return [
            each
            for each in self._facts.rows.get(occurrence.event, ())
            if (start is None or each.moment >= start)
            and each.moment < until
            and all(passes(each.texts.get(one.keys), one) for one in occurrence.filters)
        ]

    def _measure(self, term: BehaviourTerm) -> Any:
        rows, path = self._rows(term.happening), term.measure.keys
        match term.measure.word:
            case "count":
                return len(rows)
            case "days":
                return len({local_day(_instant(each), self._zone) for each in rows})
            case "distinct":
                return len({each.texts.get(path) for each in rows} - {None})
            case "first" | "last" as word:
                return _instant(rows[0 if word == "first" else -1]) if rows else None
        return _amount(rows, path, term.measure.word)

    def _answered(self, term: RecentTerm) -> int:
        rows = self._rows(term.happening)
        given = {each.texts.get(term.keys) for each in self._rows(term.answers)} - {None}
        last = [one for one in rows if sum(each.moment > one.moment for each in rows) < term.last]
        return sum(each.texts.get(term.keys) in given for each in last)


def _instant(row: Row) -> datetime:
    return EPOCH + row.moment * TICK


def _amount(rows: Sequence[Row], path: tuple[str, ...], word: str) -> Decimal | None:
    amounts = [each for row in rows if (each := read_amount(row.texts.get(path))) is not None]
    if not amounts:
        return Decimal(0) if word == "sum" else None
    value = {"minimum": min, "maximum": max}.get(word, sum)(amounts)
    return Decimal(value) / (AMOUNT_SCALE * (len(amounts) if word == "average" else 1))

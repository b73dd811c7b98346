"""`wait`: for a time, until a time, or for an event.

- wait: 3d
- wait: {until: 09:00, on: weekdays}
- wait: {until: {attribute: renewal_on, minus: 7d}}
- wait: {for: Order Completed, where: {total: {at_least: 50}}, timeout: 3d, then: end}
- wait:
    for:
      - {event: Order Completed, then: end}
      - {message: winback_offer, was: clicked, then: [{send: winback_more, by: email}]}
    timeout: 2d
    else: [{send: winback_last_call, by: email}]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from activation.journeys.graph import Delay
from activation.journeys.language.choice import first_key, one_of
from activation.journeys.language.step import Keys, Place, Step, Word
from activation.journeys.language.values import Span, spelled
from activation.journeys.steps._pauses import For, Until

if TYPE_CHECKING:
    from activation.journeys.language.step import Steps


def _form(value: Any) -> str | None:
    return first_key("until", "for", "for_")(value) or (None if isinstance(value, dict | list) else "span")


Pause = one_of(
    {"span": Span, "until": Until, "for": For, "for_": For},
    _form,
    "is nothing to wait for; expected a span such as 3d, or a mapping with until or for",
)


class WaitStep(Step):
    """Time passes: a span, `until` a time, or `for` an event."""

    wait: Pause  # type: ignore[valid-type]

    def made_id(self) -> str:
        return f"wait:{spelled(self.wait) if isinstance(self.wait, int) else self.wait.in_words()}"

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        if not isinstance(self.wait, int):
            yield from ((("wait", *keys), steps) for keys, steps in self.wait.blocks())

    def compile(self, place: Place, following: str) -> str:
        names = place.names(self)
        if isinstance(self.wait, int):
            return place.add(Delay(**names, span=self.wait), {"next": following})
        return self.wait.compile(names, place.below("wait"), following)


plugin = Word(WaitStep)

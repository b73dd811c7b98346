"""What a step of a file is: its fields, the steps inside it, and its way into nodes.

A block is compiled from its last step to its first, so that each step knows what follows it. A step id is the
same in every lap of a loop; a node id has the number of the lap besides.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypedDict

from pydantic import AfterValidator, WithJsonSchema

from activation.journeys.graph import EXIT, Node
from activation.journeys.language.draft import Draft, Sending
from activation.segments.grammar.comparisons import Strict
from kith.definitions import Definition
from kith.errors import KithError

Keys = tuple[str | int, ...]
_ID = "[a-z][a-z0-9_:]{0,79}"


def _id(text: str) -> str:
    if not re.fullmatch(_ID, text):
        raise ValueError(
            f"'{text}' is no id: expected small letters, digits, _ and :, a letter first, at most 80"
        )
    return text


StepId = Annotated[str, AfterValidator(_id), WithJsonSchema({"type": "string", "pattern": f"^{_ID}$"})]
END = "end"

MOST_NODES = 2_000


class Step(Strict):
    """One step. A subclass is a word: its first field is named after it."""

    id: StepId | None = None

    @abstractmethod
    def made_id(self) -> str:
        """The id that it has where none is given: made of its kind and of what it says, never of its position."""

    @abstractmethod
    def compile(self, place: Place, following: str) -> str:
        """Adds its nodes to the place's draft; `following` is where it leads. Answers where it begins."""

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        """The lists of steps inside it, each with its keys below the step."""
        return iter(())

    def claim(self, place: Place) -> None:
        """Gives ids to steps that stand in other files."""

    def step_id(self) -> str:
        return self.id or self.made_id()


Steps = tuple[Step | Literal["end"], ...]
"""What stands after `steps` or `then`: steps in order. A step alone, or `end`, is a list of one."""


@dataclass(frozen=True)
class Word:
    """A plugin of activation/journeys/steps: the word is the file's name."""

    grammar: type[Step]


def walk(steps: Steps, keys: Keys) -> Iterator[tuple[Keys, Step]]:
    """Every step of a block, those inside others too, with its keys; in the order of the file."""
    for number, step in enumerate(steps):
        if isinstance(step, Step):
            place = (*keys, number)
            yield place, step
            for inner, block in step.blocks():
                yield from walk(block, (*place, *inner))


class Names(TypedDict):
    """How a node is called."""

    node_id: str
    step_id: str


@dataclass(frozen=True)
class Place:
    """Where a step stands: file, keys, the journeys around it, in which lap of which loops, and the
    throttle (`name=rate`) that its messages share."""

    draft: Draft
    definition: Definition[Any]
    keys: Keys = ()
    prefix: str = ""
    laps: tuple[int, ...] = ()
    around: tuple[str, ...] = ()
    throttle: str = ""

    @property
    def root(self) -> str:
        """The journey into which all of this is compiled."""
        return (*self.around, self.definition.name)[0]

    def add(self, node: Node, leads_to: Mapping[str, str]) -> str:
        """Adds a node and where each of its labels leads; answers its id."""
        if len(self.draft.nodes) >= MOST_NODES:
            raise self.error(
                f"the journey has more than {MOST_NODES:,} steps once its loops are written out",
                way_out="fewer laps, or fewer steps in them",
            )
        return self.draft.add(node, leads_to)

    def below(self, *keys: str | int) -> Place:
        return replace(self, keys=(*self.keys, *keys))

    def in_lap(self, number: int) -> Place:
        return replace(self, laps=(*self.laps, number))

    def error(self, problem: str, *keys: str | int, **more: str) -> KithError:
        return self.definition.error(problem, written((*self.keys, *keys), self.definition.document), **more)

    def step_id(self, step: Step) -> str:
        return self.prefix + step.step_id()

    def names(self, step: Step) -> Names:
        """The ids of a step's node, `node_id` and `step_id`."""
        step_id = self.step_id(step)
        lap = "#" + ".".join(map(str, self.laps)) if set(self.laps) - {1} else ""
        return {"node_id": step_id + lap, "step_id": step_id}

    def block(self, steps: Steps, following: str, *keys: str | int) -> str:
        """Compiles the steps at the keys; answers where they begin."""
        for number in reversed(range(len(steps))):
            step = steps[number]
            following = step.compile(self.below(*keys, number), following) if isinstance(step, Step) else EXIT
        return following

    def claim(self, steps: Steps, *keys: str | int) -> None:
        """Gives every step of a block its id. Raises KithError where two have the same."""
        for place, step in walk(steps, (*self.keys, *keys)):
            step_id = self.step_id(step)
            if step_id in self.draft.taken:
                raise self.definition.error(
                    f"two steps have the id '{step_id}'; the other is {self.draft.taken[step_id]}",
                    place,
                    way_out="give one an id of its own, such as 'id: second'",
                )
            self.draft.taken[step_id] = self.definition.position.of(place)
            template = getattr(step, "send", None)
            if isinstance(template, str):
                self.draft.sendings.append(Sending(step_id, template, self.prefix))
            step.claim(replace(self, keys=place))

    def sending(self, name: str, *keys: str | int) -> str:
        """The id of the step that sends a template, or that has this id."""
        near = [each for each in self.draft.sendings if each.prefix == self.prefix]
        for known in (near, self.draft.sendings):
            exact = [each.step_id for each in known if each.step_id in (name, self.prefix + name)]
            found = exact or [each.step_id for each in known if each.template == name]
            if len(found) == 1:
                return found[0]
            if found:
                raise self.error(
                    f"{len(found)} steps send {name}", *keys, expected="the id of one: " + ", ".join(found)
                )
        raise self.error(
            f"no step of this journey sends {name}",
            *keys,
            expected=", ".join(sorted({each.template for each in self.draft.sendings}))
            or "a journey that sends",
        )

    def await_outcome(self, step_id: str) -> None:
        """The path depends on whether this message was sent."""
        self.draft.parked.add(step_id)


def written(keys: Keys, document: Any) -> Keys:
    """Keys without the numbers of lists that the file didn't write, as of a step that stands alone."""
    found: list[str | int] = []
    for key in keys:
        if isinstance(document, dict) and isinstance(key, int):
            continue
        found.append(key)
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            document = None
    return tuple(found)

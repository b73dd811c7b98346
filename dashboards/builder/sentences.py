"""Each kind of condition as a sentence whose words are inputs. A sentence writes what was chosen into its leaf."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from dashboards.answers import vocabulary
from dashboards.answers.vocabulary import Counts, Vocabulary
from dashboards.builder import fields, words
from dashboards.builder.fields import MIDDLE, NARROW, choose_name, choose_word, tell, type_value
from dashboards.builder.filters import draw_filters
from dashboards.builder.messages import message_sentence
from dashboards.builder.tree import Node
from dashboards.builder.values import replaced
from dashboards.formatting import spell_name
from dashboards.reader import Reader


@dataclass(frozen=True)
class Known:
    """What sentences complete names and values from."""

    reader: Reader
    names: Vocabulary

    def properties(self, event: str) -> Counts:
        return vocabulary.properties_of(self.reader, event)

    def property_values(self, event: str, name: str) -> Counts:
        return vocabulary.property_values(self.reader, event, name)


def draw_sentence(node: Node, known: Known) -> None:
    """The inputs of a leaf, in one line that wraps; filters on properties below it."""
    said, key = node.said, f"b{node.number}"
    _SENTENCES[node.kind](said, key, known)


def draw_where(node: Node, known: Known) -> None:
    """The filters below a sentence, of those kinds that have any."""
    said, key = node.said, f"b{node.number}"
    if node.kind in ("did", "did_not", "event"):
        draw_filters(said, f"{key}.where", said[node.kind], known.properties, known.property_values)
    elif node.kind == "sequence":
        for part, step in _steps(said).items():
            draw_filters(step, f"{key}.{part}", step["did"], known.properties, known.property_values, part)


def _attribute(said: dict[str, Any], key: str, known: Known) -> None:
    kinds = known.names.attributes
    name = choose_name("Trait", f"{key}.name", list(kinds), said["attribute"], MIDDLE + 12, spell_name)
    said["attribute"] = name
    kind = kinds.get(name, "computed")
    values = partial(vocabulary.attribute_values, known.reader, name) if kind == "text" else dict[str, int]
    declared = "" if kind == "computed" else kind
    fields.compare(said, f"{key}.{name}", words.BY_KIND.get(kind, words.ANY_TRAIT), values, declared)


def _did(word: str, said: dict[str, Any], key: str, known: Known) -> None:
    said[word] = choose_name("Event", f"{key}.event", known.names.events, said[word])
    fields.choose_window(said, key)


def _event(said: dict[str, Any], key: str, known: Known) -> None:
    measure = next(each for each in words.MEASURES if each in said)
    chosen = choose_word("Measure", f"{key}.measure", words.MEASURES, measure, MIDDLE)
    if chosen != measure:
        replaced(said, measure, chosen, _begun(chosen, said[measure]))
    told = said[chosen]
    if chosen in words.OF_PROPERTY:
        names = known.properties(said["event"])
        told["of"] = choose_name("Property", f"{key}.of", names, told["of"], MIDDLE)
        tell("over")
    said["event"] = choose_name("Event", f"{key}.event", known.names.events, said["event"])
    fields.compare(told, f"{key}.{chosen}", words.measure_comparisons(chosen), dict)
    _periods(said, key)


def _begun(measure: str, before: dict[str, Any]) -> dict[str, Any]:
    """A measure's comparison, with what the one before it compared with where both can."""
    kept = {name: value for name, value in before.items() if name in words.measure_comparisons(measure)}
    if not kept:
        kept = {"within": "30d"} if measure in ("first", "last") else {"at_least": 1}
    of = {"of": before.get("of", "total")} if measure in words.OF_PROPERTY else {}
    return {**of, **kept}


def _periods(said: dict[str, Any], key: str) -> None:
    """In one window, or in each of several periods."""
    modes = {"window": "in one span", "each": "in each of several"}
    mode = choose_word("Spans", f"{key}.mode", modes, "each" if "in_each" in said else "window", NARROW + 20)
    if mode == "window":
        said.pop("in_each", None)
        said.pop("periods", None)
        fields.choose_window(said, key)
        return
    said.setdefault("in_each", said.pop("within", "7d"))
    said.setdefault("periods", 4)
    said["periods"] = type_value("Periods", f"{key}.periods", said["periods"], width=70)
    tell("periods of")
    said["in_each"] = fields.choose_span("Period", f"{key}.in_each", said["in_each"])


def _steps(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    steps = {"first": said["sequence"][0], "then": said["sequence"][1]}
    return {**steps, "without": said["without"]} if said.get("without") else steps


def _sequence(said: dict[str, Any], key: str, known: Known) -> None:
    events = known.names.events
    first, then = said["sequence"]
    first["did"] = choose_name("First", f"{key}.first.event", events, first["did"])
    tell("and then")
    then["did"] = choose_name("Then", f"{key}.then.event", events, then["did"])
    _optional(said, key, "gap", "after any time", "no more than", "3d", fields.GAPS)
    nothing = "with anything between"
    between = [nothing, *events]
    current = said["without"]["did"] if said.get("without") else nothing
    chosen = choose_name("Without", f"{key}.without.event", _named(between, events), current)
    if chosen == nothing:
        said.pop("without", None)
    else:
        said["without"] = {**(said.get("without") or {}), "did": chosen}
        tell("not between")
    fields.choose_window(said, key)


def _named(listed: list[str], counts: Counts) -> Mapping[str, int]:
    return {each: counts.get(each, 0) for each in listed}


def _optional(
    said: dict[str, Any], key: str, name: str, without: str, with_: str, first: str, spans: tuple[str, ...]
) -> None:
    """A span that may be left out."""
    mode = choose_word(
        name.title(),
        f"{key}.{name}.mode",
        {"": without, "set": with_},
        "set" if name in said else "",
        MIDDLE - 20,
    )
    if not mode:
        said.pop(name, None)
        return
    said[name] = fields.choose_span(name.title(), f"{key}.{name}", said.get(name, first), spans)
    tell("later")


def _score(said: dict[str, Any], key: str, known: Known) -> None:
    said["score"] = choose_name(
        "Model", f"{key}.model", known.names.scores, said["score"], MIDDLE + 30, spell_name
    )
    fields.compare(said, key, words.SCORE, dict)


def _member(said: dict[str, Any], key: str, known: Known) -> None:
    said["segment"] = choose_name(
        "Segment", f"{key}.segment", known.names.segments, said["segment"], spell=spell_name
    )


def _listed(said: dict[str, Any], key: str, known: Known) -> None:
    said["list"] = choose_name("List", f"{key}.list", known.names.lists, said["list"])


def _consent(said: dict[str, Any], key: str, known: Known) -> None:
    tell("to")
    said["consent"] = choose_name("Purpose", f"{key}.purpose", known.names.purposes, said["consent"], MIDDLE)
    tell("by")
    said["channel"] = choose_name("Channel", f"{key}.channel", known.names.channels, said["channel"], MIDDLE)
    states = {"granted": "was granted", "refused": "was refused", "unknown": "is not recorded"}
    said["is"] = choose_word("State", f"{key}.is", states, said["is"], NARROW + 30)


def _share(said: dict[str, Any], key: str, known: Known) -> None:
    said["random_share"] = type_value("Share (0–1)", f"{key}.share", said["random_share"], width=90)
    tell("of everybody, beginning at")
    start = type_value("Start (0–1)", f"{key}.from", said.get("from", 0), width=90)
    if start != said.get("from", 0):
        said["from"] = start
    tell("drawn by")
    said["salt"] = type_value("Name of the draw", f"{key}.salt", said["salt"], "text", MIDDLE)


def _message(said: dict[str, Any], key: str, known: Known) -> None:
    message_sentence(said, key, known.names)


_SENTENCES: Mapping[str, Callable[[dict[str, Any], str, Known], None]] = {
    "attribute": _attribute,
    "did": partial(_did, "did"),
    "did_not": partial(_did, "did_not"),
    "event": _event,
    "sequence": _sequence,
    "message": _message,
    "score": _score,
    "segment": _member,
    "list": _listed,
    "consent": _consent,
    "random_share": _share,
}

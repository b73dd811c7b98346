"""Hostile definitions drawn from a seed: text that wants to be code in every place that takes text."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from activation.segments.catalogue import Catalogue
from activation.segments.terms import Kind

_PIECES = [
    "'", "''", "\\'", "\\", '"', '""', "`", "--", "/*", "*/", ";", "; DROP TABLE profiles", "' OR 1=1 --",
    "') OR TRUE --",
    "$$", "$1", "$tag$", "?", ":x", "@x", "%", "_", "{{ x }}", "{x}", "${x}", "E'", "x'27'", "U&'", "\\x27", "\\u0027",
    "&#39;", "]", "[0]", "$.a", "/", "~", "~1", "*", "..", "(", ")", ",", "||", "UNION SELECT", "/**/", "#", "<", "=",
    "\u2019", "\u02bc", "\uff07", "\u2018", "\u201d", "\u202e", "\u2066", "\u200b", "\ufeff", "\u00a0", "\u1680", "ß",
    "İ",
    "日本", "👩\u200d👧", "\U0010ffff", "a\u0301", "NULL", "TRUE", "nan", "0x1F", "1e9", "COALESCE(", "CAST(", "'||'",
]  # fmt: skip
_STEMS = ["country", "order_count", "order_amount", "average", "is_bot", "birthday", "seen_at"]
_KINDS = [Kind.TEXT, Kind.WHOLE, Kind.DECIMAL, Kind.REAL, Kind.BOOLEAN, Kind.DATE, Kind.INSTANT]


@dataclass
class Hostility:
    """Draws texts that each bear a mark of their own, and definitions made of them."""

    seed: int
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.columns = {
            unicodedata.normalize("NFC", f"{stem}{self._evil()}"): kind
            for stem, kind in zip(_STEMS, _KINDS, strict=True)
        }
        self.lists = [self.text() for _ in range(2)]
        self.analysts = [self.text() for _ in range(2)]

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.columns, tuple(self.analysts), "Europe/Berlin", tuple(self.lists))

    def text(self) -> str:
        """Hostile, in NFC, with a mark that is found again in whatever it becomes."""
        found = unicodedata.normalize("NFC", f"{self._evil()}zq{len(self.texts)}qz{self._evil()}")
        self.texts.append(found)
        return found

    def _evil(self) -> str:
        pieces = [self.chance.choice(_PIECES) for _ in range(self.chance.randint(0, 3))]
        if self.chance.random() < 0.3:
            pieces.append(self._any_character())
        return "".join(pieces)

    def _any_character(self) -> str:
        while True:
            found = chr(self.chance.randrange(0x20, 0x110000))
            if unicodedata.category(found) not in ("Cc", "Cs"):
                return found

    def definition(self, depth: int = 3) -> dict[str, Any]:
        if depth and self.chance.random() < 0.4:
            word = self.chance.choice(["all", "any", "none", "score"])
            if word == "score":
                limit = self.chance.choice([{"at_least": 0.5}, {"less": 1e-9}, {"between": [0, 1]}])
                return {"score": self.text(), **limit, "fallback": self.definition(depth - 1)}
            return {word: [self.definition(depth - 1) for _ in range(self.chance.randint(1, 3))]}
        return self.chance.choice(self._leaves())()

    def _leaves(self) -> list[Any]:
        return [
            self._attribute, self._attribute, self._did, self._did, self._measured, self._sequence, self._message,
            lambda: {"consent": self.text(), "channel": self.text(), "is": self.chance.choice(["granted", "unknown"])},
            lambda: {"list": self.chance.choice(self.lists)},
            lambda: {"segment": self.chance.choice(self.analysts)},
            lambda: {"random_share": 0.25, "from": 0.5, "salt": self.text()},
        ]  # fmt: skip

    def _attribute(self) -> dict[str, Any]:
        name, kind = self.chance.choice(list(self.columns.items()))
        return {"attribute": name, **self._operand(kind)}

    def _operand(self, kind: Kind) -> dict[str, Any]:
        return self.chance.choice(
            {
                Kind.TEXT: [self._of_text],
                Kind.WHOLE: [lambda: {"in": [1, -2, 3]}, lambda: {"between": [0, 9]}],
                Kind.DECIMAL: [lambda: {"is_not": 0.1}, lambda: {"greater": -1e-9}],
                Kind.REAL: [lambda: {"at_most": 999999999999999}],
                Kind.BOOLEAN: [lambda: {"is": True}],
                Kind.DATE: [lambda: {"anniversary_within": "7d"}, lambda: {"in": ["2026-05-01"]}],
                Kind.INSTANT: [
                    lambda: {"older_than": "2w"},
                    lambda: {"less": "2026-05-01T08:00:00.000001+02:00"},
                ],
            }[kind]
        )()

    def _of_text(self) -> dict[str, Any]:
        word = self.chance.choice(["is", "is_not", "contains", "starts_with", "ends_with", "in", "not_in"])
        if word not in ("in", "not_in"):
            return {word: self.text()}
        size = 201 if self.chance.random() < 0.03 else self.chance.randint(1, 4)
        return {word: [self.text() for _ in range(size)]}

    def _where(self) -> dict[str, Any]:
        if self.chance.random() < 0.4:
            return {}
        filters = {}
        for _ in range(self.chance.randint(1, 2)):
            operand = self.chance.choice([self._of_text, lambda: {"at_least": 1.5}, lambda: {"is": False}])
            filters[self._path()] = operand()
        return {"where": filters}

    def _path(self) -> str:
        """Parts without a dot of their own: a dot parts keys."""
        parts = [self.text().replace(".", "·") for _ in range(self.chance.randint(1, 2))]
        self.texts[-len(parts) :] = parts
        return ".".join(parts)

    def _window(self) -> dict[str, Any]:
        return self.chance.choice([{}, {"within": "7d"}, {"within": "2w"}])

    def _did(self) -> dict[str, Any]:
        return {self.chance.choice(["did", "did_not"]): self.text(), **self._where(), **self._window()}

    def _measured(self) -> dict[str, Any]:
        word = self.chance.choice(
            ["count", "days", "distinct", "sum", "average", "minimum", "maximum", "first"]
        )
        measure: dict[str, Any] = {"at_least": "2026-01-01"} if word == "first" else {"at_least": 2}
        if word in ("distinct", "sum", "average", "minimum", "maximum"):
            measure["of"] = self._path()
        each = {"in_each": "7d", "periods": 3} if self.chance.random() < 0.2 else self._window()
        return {"event": self.text(), word: measure, **self._where(), **each}

    def _sequence(self) -> dict[str, Any]:
        steps = [{"did": self.text(), **self._where()} for _ in range(2)]
        more = {"without": {"did": self.text()}, "gap": "3d"} if self.chance.random() < 0.5 else {}
        return {"sequence": steps, **more, **self._window()}

    def _message(self) -> dict[str, Any]:
        return {
            "message": self.text(),
            "was": self.chance.choice(["opened", "clicked", "converted"]),
            **self._window(),
        }

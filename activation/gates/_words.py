"""Words about consent as they are written in definitions/consent: which events speak, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kith.definitions import Definition, load_definition
from kith.settings import PROJECT, Settings

EVERY = "all"
KIND = "consent"
Status = Literal["granted", "withdrawn"]
Matter = tuple[str, str]  # (purpose, channel)


#: Punctuation that people put around a word (the warehouse takes the same away, macro `reply_word`).
_AROUND = re.compile(r"""[.,!?"'():;*]""")


def reply_word(text: object) -> str:
    """A reply as it is compared: without punctuation and space around it, in lower case."""
    return re.sub(r"[\n\r\t]", " ", _AROUND.sub("", str(text or ""))).strip(" ").lower()


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Saying(_Strict):
    """What an event says where it doesn't say so itself."""

    status: Status | None = None
    purpose: str = "marketing"
    channel: str = "email"


class Category(_Strict):
    """One thing that a category of the consent object stands for."""

    purpose: str
    channel: str


class Replies(_Strict):
    """Texts that people send back: the whole text, in any case, without punctuation. `stop` is said of every purpose,
    `start` of marketing; `help` changes nothing and is answered by the template that is named. Any of the words of
    `doubtful` in a longer text asks for a person.
    """

    events: tuple[str, ...] = ()
    channel: str = "sms"
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    help_template: str = ""
    doubtful: tuple[str, ...] = ()

    def is_help(self, text: str) -> bool:
        """Whether a text asks who is writing, and how to stop it."""
        return bool(self.help_template) and reply_word(text) in self.help

    def is_doubtful(self, text: str) -> bool:
        """Whether a text may mean stop without being one of its words."""
        said = reply_word(text)
        if not said or said in (*self.stop, *self.start, *self.help):
            return False
        return any(re.search(rf"\b{re.escape(word)}\b", said) for word in self.doubtful)


class ConsentWords(_Strict):
    """The whole definition, `activation/definitions/consent/words.yml`."""

    name: str = "words"
    description: str = ""
    purposes: tuple[str, ...] = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    grants: tuple[str, ...] = ("granted",)
    events: Mapping[str, Saying]
    replies: Replies = Replies()
    categories: Mapping[str, tuple[Category, ...]] = {}

    def matters(self, purpose: str, channel: str) -> Iterator[Matter]:
        """The pairs that a word is about: `all` stands for every purpose or channel of the workspace."""
        for each_purpose in self.purposes if purpose == EVERY else (purpose,):
            for each_channel in self.channels if channel == EVERY else (channel,):
                yield each_purpose, each_channel

    @cached_property
    def event_names(self) -> tuple[str, ...]:
        """Every event that can speak by its name."""
        return (*self.events, *self.replies.events)


class _Blocked(BaseModel):
    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Identifiers(BaseModel):
    """The part of the identity rules that says what is no identifier: a word is not kept for `null`."""

    model_config = ConfigDict(frozen=True, extra="ignore", ignored_types=(cached_property,))

    blocked: _Blocked = _Blocked()
    longest: int = 255

    @cached_property
    def _values(self) -> frozenset[str]:
        return frozenset(value.lower() for value in self.blocked.values)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.blocked.patterns)

    def holds(self, value: str) -> bool:
        """Whether this value names anybody."""
        if not value or len(value) > self.longest or value.lower() in self._values:
            return False
        return not any(pattern.fullmatch(value) for pattern in self._patterns)


def load_words(settings: Settings) -> Definition[ConsentWords]:
    """The workspace's words about consent, or those that come with Kith; errors name file, line and field."""
    given = settings.definitions / KIND / "words.yml"
    path = given if given.exists() else PROJECT / "activation" / "definitions" / KIND / "words.yml"
    return load_definition(path, ConsentWords, kind=KIND)


def load_identifiers(settings: Settings) -> Identifiers:
    """What the identity rules block; nothing where a workspace has no such file."""
    path = settings.definitions / "identity" / "rules.yml"
    return load_definition(path, Identifiers, kind="identity").body if path.exists() else Identifiers()

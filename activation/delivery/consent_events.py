"""Events that change who may be written to, read into plain values.

Which events speak, and what they say, is a definition (activation/definitions/consent/words.yml). A word is kept
for every identifier that the event bore (user id, e-mail, phone; the anonymous id where none of these names
anybody). A grant counts from when it was given and a withdrawal from when it counts for everything else
(`effective_at`), so a grant that arrives late never undoes a withdrawal made in between.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import orjson

from activation.contract import Identifier
from activation.delivery.address_faults import FAULTS, AddressFault, fault_of
from activation.delivery.identifiers import Bearers
from activation.gates._words import ConsentWords, reply_word
from kith.errors import KithError
from kith.events import corrected_occurred_at, effective_at
from kith.ids import stable_id
from kith.times import parse_instant

#: An act of its own, whatever the consent object said before.
PREFERENCES = ("Segment Consent Preference Updated", "Segment Consent Preference")
_CONSENT_OBJECT = "categoryPreferences"


@dataclass(frozen=True)
class ConsentChange:
    """One identifier's word about one purpose and channel, from `at` on.

    `category` is set where a consent object states it, be it an act or not: what is merely stated is a word only
    if it differs from what was stated before `known_at`.
    """

    event_id: str
    identifier: Identifier
    purpose: str
    channel: str
    is_granted: bool
    at: datetime
    legal_basis: str
    evidence: str
    known_at: datetime
    category: str = ""
    is_act: bool = True


@dataclass(frozen=True)
class Learned:
    """What one event says."""

    event_id: str
    consents: tuple[ConsentChange, ...] = ()
    fault: AddressFault | None = None

    @property
    def is_act(self) -> bool:
        """Whether somebody did something; else the event merely states what held as it was collected."""
        return self.fault is not None or any(change.is_act for change in self.consents)


@dataclass(frozen=True)
class Vocabulary:
    """Reads events by a definition of words. `channels` are those that messages go by: categories of the
    consent object that stand for other channels change nothing here and are passed over.
    """

    words: ConsentWords
    bearers: Bearers
    channels: frozenset[str]

    @cached_property
    def events(self) -> tuple[str, ...]:
        """The names of all events that may say something."""
        return tuple(dict.fromkeys((*self.words.event_names, *FAULTS, *PREFERENCES)))

    @cached_property
    def categories(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Category of the consent object → (purpose, channel), where a channel of ours is meant."""
        meant = {
            name: tuple((each.purpose, each.channel) for each in found if each.channel in self.channels)
            for name, found in self.words.categories.items()
        }
        return {name: found for name, found in meant.items() if found}

    @cached_property
    def _mentioned(self) -> re.Pattern[bytes]:
        texts = [*self.events, *([_CONSENT_OBJECT] if self.categories else [])]
        return re.compile("|".join(re.escape(text) for text in texts).encode())

    def is_candidate(self, line: bytes) -> bool:
        """Whether a landed line may say something: a quick look that spares parsing all others."""
        return self._mentioned.search(line) is not None

    def read_line(self, line: bytes, received_at: datetime, lateness: timedelta) -> Learned | None:
        """One landed Segment-spec line. None for every other event and for what can't be read (ingestion
        judges it).
        """
        try:
            event = orjson.loads(line)
            times = [_instant(event.get(name)) for name in ("originalTimestamp", "timestamp", "sentAt")]
        except (orjson.JSONDecodeError, KithError, AttributeError, TypeError):
            return None
        occurred = corrected_occurred_at(times[1] or times[0], times[2], received_at)
        row = {
            "event_id": str(event.get("messageId") or ""),
            "event": event.get("event") if isinstance(event.get("event"), str) else None,
            "user_id": event.get("userId"),
            "anonymous_id": event.get("anonymousId"),
            "properties": event.get("properties"),
            "context": event.get("context"),
        }
        return self.read_event(row, occurred, effective_at(occurred, received_at, lateness))

    def read_event(
        self, row: Mapping[str, Any], occurred_at: datetime, effective: datetime
    ) -> Learned | None:
        """One event in the lake's terms, documents parsed. None if it changes nothing."""
        properties = row["properties"] if isinstance(row["properties"], dict) else {}
        if not row["event_id"]:
            return None
        said = [*self._named(row["event"], properties), *self._stated(row)]
        consents = tuple(
            ConsentChange(
                row["event_id"],
                identifier,
                each.purpose,
                each.channel,
                each.is_granted,
                min(occurred_at, effective) if each.is_granted else effective,
                each.legal_basis,
                each.evidence,
                effective,
                each.category,
                each.is_act,
            )
            for each in said
            for identifier in self.bearers.of(row, properties)
        )
        fault = fault_of(row["event_id"], row["event"], properties, effective)
        return Learned(row["event_id"], consents, fault) if consents or fault else None

    def _named(self, event: Any, properties: Mapping[str, Any]) -> list["_Said"]:
        """What an event says by its name, or by the text that somebody sent back."""
        replies = self.words.replies
        if event in replies.events:
            text = reply_word(properties.get("text") or properties.get("body"))
            is_stop = text in replies.stop
            if not is_stop and text not in replies.start:
                return []
            default, is_granted = ("all" if is_stop else "marketing"), not is_stop
            channel, evidence = replies.channel, f"reply: {text.upper()}"
        elif event in self.words.events:
            saying = self.words.events[event]
            default, channel = saying.purpose, saying.channel
            is_granted = _word(saying.status or properties.get("status"), "") in self.words.grants
            evidence = str(properties.get("evidence") or event)
        else:
            return []
        is_stop = event in replies.events and not is_granted
        purpose = default if is_stop else _word(properties.get("purpose"), default)
        basis = str(properties.get("legal_basis") or "consent")
        matters = self.words.matters(purpose, _word(properties.get("channel"), channel))
        return [_Said(*matter, is_granted, basis, evidence) for matter in matters]

    def _stated(self, row: Mapping[str, Any]) -> list["_Said"]:
        """What the consent object of an event says; an empty one says no to everything."""
        if not self.categories:
            return []
        consent = row["context"].get("consent") if isinstance(row["context"], dict) else None
        preferences = consent.get(_CONSENT_OBJECT) if isinstance(consent, dict) else None
        if not isinstance(preferences, dict):
            return []
        is_act = row["event"] in PREFERENCES
        return [
            _Said(*matter, preferences.get(name) in (True, "true"), "consent", f"consent object: {name}",
                  name, is_act)
            for name, matters in self.categories.items()
            if not preferences or preferences.get(name) is not None
            for matter in matters
        ]  # fmt: skip


@dataclass(frozen=True)
class _Said:
    purpose: str
    channel: str
    is_granted: bool
    legal_basis: str
    evidence: str
    category: str = ""
    is_act: bool = True


def address_key(channel: str, address: str) -> str:
    """How the suppression list knows an address: by a digest of its trimmed, case-folded spelling."""
    return stable_id(channel, address.strip().casefold())


def _word(value: Any, default: str) -> str:
    return str(value).strip().lower() if value else default


def _instant(value: Any) -> datetime | None:
    return parse_instant(value) if isinstance(value, str) and value else None

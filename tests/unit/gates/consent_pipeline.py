"""Many histories at once through what really decides: the warehouse's SQL, the plan gate, delivery's projections, the
send gate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from activation.contract import PlannedMessage
from activation.delivery.consent_events import Vocabulary
from activation.delivery.facts import LedgerFacts
from activation.delivery.identifiers import Bearers
from activation.delivery.projections import apply_all
from activation.delivery.schema import METADATA
from activation.gates import Permission, consent
from activation.gates._words import load_identifiers, load_words
from kith.settings import load_settings
from tests.unit.gates.histories import History, Identifier, Word
from tests.unit.gates.published_leave import published_leave
from tests.unit.warehouse.lake import Lake, run_dbt

START = datetime(2026, 1, 1)
MODELS = ("int_consents__spoken", "consent_history", "int_consents__recorded", "consents")
_TEXT, _INSTANT, _BOOL = pa.string(), pa.timestamp("us"), pa.bool_()
UTTERED = pa.schema(
    [(name, _TEXT) for name in ("event_id", "user_id", "anonymous_id", "email", "phone")]
    + [(name, _INSTANT) for name in ("occurred_at", "received_at", "effective_at")]
    + [(name, _TEXT) for name in ("purpose", "channel", "category", "legal_basis", "evidence")]
    + [("is_act", _BOOL), ("is_granted", _BOOL)]
)
IDENTIFIERS = pa.schema(
    [(name, _TEXT) for name in ("identifier_type", "identifier_value", "profile_id")]
    + [("joined_at", _INSTANT)]
)
CANDIDATES = pa.schema(
    [(name, _TEXT) for name in ("message_id", "profile_id", "purpose", "channel", "address")]
    + [("decided_at", _INSTANT), ("is_transactional", _BOOL)]
)
Profile = tuple[int, frozenset[Identifier]]


def compiled_models(folder: Path) -> dict[str, str]:
    """The models' SQL by name, over relations of plain names."""
    lake = Lake(folder).lay_empty()
    run_dbt(lake.home, None, "compile", "--select", *MODELS)
    files = {path.stem: path for path in (lake.home / "dbt_target" / "compiled").rglob("*.sql")}
    return {name: re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", files[name].read_text()) for name in MODELS}


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def value_of(world: int, identifier: Identifier) -> str:
    """An identifier's value, its own in each world."""
    return f"{world}.{identifier[1]}"


@dataclass(frozen=True)
class Pipeline:
    """The models' SQL; `judge` may be replaced to plant a bug in the send gate."""

    models: Mapping[str, str]
    judge: Callable[[PlannedMessage, LedgerFacts], object] = lambda message, facts: consent.plugin.judge(
        message, facts, message.not_after
    )

    def sent(self, histories: Sequence[History]) -> set[Profile]:
        """The profiles (world, identifiers) to which a message left."""
        profiles = {
            f"{world}.{number}": (world, profile)
            for world, history in enumerate(histories)
            for number, profile in enumerate(history.profiles)
        }
        planned = self._plan(histories, profiles)
        engine = sa.create_engine("sqlite://")
        METADATA.create_all(engine)
        with engine.begin() as connection:
            apply_all(
                connection, [learned for world, h in enumerate(histories) for learned in _landed(world, h)]
            )
            facts = LedgerFacts(connection)
            return {
                profiles[name]
                for name, lifted in planned.items()
                if isinstance(
                    self.judge(_message(name, profiles[name], histories, lifted), facts), Permission
                )
            }

    def _plan(self, histories: Sequence[History], profiles: Mapping[str, Profile]) -> dict[str, str]:
        """What the plan gate permits: profile → the refusals that it saw lifted, as JSON."""
        with duckdb.connect(config={"threads": 2}) as connection:
            for name, rows, schema in (
                ("int_consents__uttered", _uttered(histories), UTTERED),
                ("stg_kith__identifiers", _identifiers(histories, profiles), IDENTIFIERS),
                ("candidates", _candidates(histories, profiles), CANDIDATES),
            ):
                connection.register(f"{name}_rows", pa.Table.from_pylist(rows, schema=schema))
                connection.execute(f"CREATE TABLE {name} AS FROM {name}_rows")
            for name in MODELS:
                connection.execute(f"CREATE TABLE {name} AS {self.models[name]}")
            connection.execute("CREATE VIEW identities AS FROM stg_kith__identifiers")
            relation = published_leave(connection)
            return dict(connection.execute(f"SELECT message_id, lifted FROM {relation}").fetchall())


def _uttered(histories: Sequence[History]) -> list[dict[str, object]]:
    return [
        {
            **_bearers(world, word),
            "event_id": f"{world}.{number}",
            "phone": None,
            "occurred_at": at(word.given),
            "received_at": at(word.received),
            "effective_at": at(word.known),
            "purpose": "marketing",
            "channel": "email",
            "category": "",
            "is_act": True,
            "is_granted": word.is_granted,
        }
        for world, history in enumerate(histories)
        for number, word in enumerate(history.words)
        if word.known < history.plan_at
    ]


def _bearers(world: int, word: Word) -> dict[str, str | None]:
    borne = {kind: value_of(world, (kind, value)) for kind, value in word.bearers}
    return {name: borne.get(name) for name in ("user_id", "anonymous_id", "email")}


def _identifiers(histories: Sequence[History], profiles: Mapping[str, Profile]) -> list[dict[str, object]]:
    return [
        {
            "identifier_type": each[0],
            "identifier_value": value_of(world, each),
            "profile_id": name,
            "joined_at": at(histories[world].joined_at(each)),
        }
        for name, (world, profile) in profiles.items()
        for each in profile
    ]


def _candidates(histories: Sequence[History], profiles: Mapping[str, Profile]) -> list[dict[str, object]]:
    return [
        {
            "message_id": name,
            "profile_id": name,
            "purpose": "marketing",
            "channel": "email",
            "address": value_of(world, histories[world].address).upper(),
            "decided_at": at(histories[world].plan_at),
            "is_transactional": False,
        }
        for name, (world, _profile) in profiles.items()
    ]


_SETTINGS = load_settings()
_VOCABULARY = Vocabulary(
    load_words(_SETTINGS).body, Bearers(load_identifiers(_SETTINGS)), frozenset({"email"})
)


def _landed(world: int, history: History) -> list:
    """What delivery reads from the landing log by the send, in its order of landing."""
    words = [(n, word) for n, word in enumerate(history.words) if word.received < history.send_at]
    found = []
    for number, word in sorted(words, key=lambda pair: pair[1].received):
        borne = _bearers(world, word)
        status = "granted" if word.is_granted else "withdrawn"
        row = {
            **borne,
            "event_id": f"{world}.{number}",
            "event": "Consent Updated",
            "properties": {"status": status, "email": borne["email"]},
            "context": None,
        }
        found.append(_VOCABULARY.read_event(row, _aware(word.given), _aware(word.known)))
    return found


def _message(name: str, profile: Profile, histories: Sequence[History], lifted: str) -> PlannedMessage:
    world, identifiers = profile
    history = histories[world]
    texts = dict.fromkeys(
        ("journey", "journey_version", "step_id", "enrolment_id", "template", "template_version", "locale"),
        "",
    )
    message = PlannedMessage.from_row(
        {
            **texts,
            "message_id": name,
            "profile_id": name,
            "channel": "email",
            "purpose": "marketing",
            "address": value_of(world, history.address).upper(),
            "identifiers": "[]",
            "variables": "{}",
            "decided_at": at(history.plan_at),
            "not_after": at(history.send_at),
            "is_transactional": False,
            "lifted": lifted,
        }
    )
    owned = tuple((kind, value_of(world, (kind, value))) for kind, value in sorted(identifiers))
    object.__setattr__(message, "identifiers", owned)
    return message


def _aware(seconds: int) -> datetime:
    return at(seconds).replace(tzinfo=UTC)

"""The answer to HELP: a transactional message that is planned as it is asked for, not by a run.

It goes by the channel that the question came by, under an id made of the question's: asked once, it is answered once,
however often its vendor tells of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from activation.addresses import IDENTIFIER_TYPES, address_type
from activation.contract import OUTBOX_SCHEMA, Decision, HelpAsked, Identifier, enrolment_id, message_id
from activation.gates._words import load_words
from activation.journeys.tables import VERSIONS
from activation.rendering.templates import Template, load_template
from kith.errors import KithError
from kith.ids import stable_id
from kith.lake import Home, commit, commits
from kith.log import get_logger
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.times import to_utc_naive

_LOG = get_logger(__name__)
JOURNEY, STEP, PURPOSE = "help", "answer", "transactional"
LASTS = timedelta(hours=24)
_ANSWERED = "answered"


def answer_help(settings: Settings, asked: Sequence[HelpAsked], now: datetime) -> int:
    """Plan an answer to each question that has none; answers how many. They leave with the next delivery.

    A workspace without the template answers nobody: that is said in the log, and the vendor hears yes all the same.
    """
    home, name = Home(settings.home), load_words(settings).body.replies.help_template
    try:
        template = load_template(settings.definitions / "templates" / name)
    except KithError as error:
        _LOG.error("HELP stays without an answer", extra={"why": str(error)})
        return 0
    fresh = {each.asked_id: each for each in asked if each.asked_id not in _answered(home)}
    if not fresh:
        return 0
    with commit(home, "journeys", {_ANSWERED: sorted(fresh)}) as writer:
        rows = [_row(settings, each, template, now) for each in fresh.values()]
        writer.write("outbox", pa.Table.from_pylist(rows, schema=OUTBOX_SCHEMA))
        writer.write("versions", _version(template, _known_at(settings, now)))
    return len(fresh)


def _answered(home: Home) -> set[str]:
    return {asked_id for each in commits(home, "journeys") for asked_id in each.meta.get(_ANSWERED, ())}


def _known_at(settings: Settings, now: datetime) -> datetime:
    """Planned between two runs, it belongs to the later one: every run from now on may know of it."""
    snapshot = current_snapshot(Home(settings.home))
    return to_utc_naive(min(snapshot.as_of, now) if snapshot else now)


def _row(settings: Settings, asked: HelpAsked, template: Template, now: datetime) -> Mapping[str, Any]:
    about, at = asked.about, to_utc_naive(now)
    profile = about.profile_id if about else stable_id(*next(_identifiers(asked)))
    enrolment = enrolment_id(JOURNEY, profile, asked.asked_id, asked.at)
    return {
        "message_id": message_id(JOURNEY, STEP, enrolment, asked.at),
        "journey": JOURNEY,
        "journey_version": template.version,
        "step_id": STEP,
        "enrolment_id": enrolment,
        "profile_id": profile,
        "channel": asked.channel,
        "purpose": PURPOSE,
        "template": template.name,
        "template_version": template.version,
        "address": asked.address,
        "identifiers": json.dumps(list(_identifiers(asked))),
        "locale": about.locale if about else "",
        "variables": "{}",
        **dict.fromkeys(("entered_at", "decided_at"), at),
        "not_after": to_utc_naive(now + LASTS),
        "decision": Decision.SEND.value,
        **dict.fromkeys(("reason", "reason_detail"), ""),
        "is_holdout": False,
        "is_eligible": True,
        "is_transactional": True,
        "lifted": "[]",
        "as_of": _known_at(settings, now),
    }


def _identifiers(asked: HelpAsked) -> Iterator[Identifier]:
    """Those of whom was written to at this address, or the address alone."""
    if asked.about and asked.about.identifiers:
        yield from asked.about.identifiers
        return
    kind = address_type(asked.channel, asked.address)
    yield (kind, asked.address) if kind in IDENTIFIER_TYPES else ("anonymous_id", f"address:{asked.address}")


def _version(template: Template, as_of: datetime) -> pa.Table:
    body = json.dumps(dict(template.files), sort_keys=True)
    row = {
        "kind": "template",
        "name": template.name,
        "version": template.version,
        "body": body,
        "as_of": as_of,
    }
    return pa.Table.from_pylist([row], schema=VERSIONS.schema)

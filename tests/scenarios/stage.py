"""What a scenario plays on: the shipped definitions with its journey live, scores of models, answers to messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import pyarrow as pa

from activation.attributes.evaluation import evaluate
from activation.journeys.planning import plan
from kith.ids import share
from kith.lake import commit
from kith.run import publish_run
from kith.settings import Settings
from kith.times import format_instant, parse_instant
from ml.tables import SCORES
from tests.scenarios.campaign_world import Person, World

DRAFT = "_journey.yml"
HOLDOUT = 0.1


def live(settings: Settings, folder: Path, elsewhere: Path, more: Mapping[str, str]) -> Settings:
    """The shipped definitions; the folder's journey among them is live, whether it stands there as a draft or lies in
    the folder. `more` are definitions by their path, such as quiet hours."""
    shipped = [settings.definitions / kind / f"{folder.name}.yml" for kind in ("journeys", "campaigns")]
    drafts = [each for each in shipped if each.exists() and "state: draft" in each.read_text("utf-8")]
    if not (folder / DRAFT).exists() and not drafts and not more:
        return settings
    definitions = elsewhere / "definitions"
    copytree(settings.definitions, definitions)
    (definitions / "journeys").mkdir(exist_ok=True)
    if (folder / DRAFT).exists():
        copy(folder / DRAFT, definitions / "journeys" / f"{folder.name}.yml")
    for each in drafts:
        path = definitions / each.relative_to(settings.definitions)
        path.write_text(each.read_text("utf-8").replace("state: draft", "state: live"), encoding="utf-8")
    for name, text in more.items():
        path = definitions / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return settings.model_copy(update={"definitions": definitions})


def cast(told: Mapping[str, Any], journey: str) -> list[Person]:
    """Everybody of a scenario. Their names may get a number, so that the journey's holdout leaves them alone, or takes
    them where `held_out` says so."""
    return [_person(name, dict(body), journey) for name, body in told.items()]


def score(world: World, told: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """One scoring for each row: `{score: churn, at: …, of: {ada: 0.8}}`."""
    for each in told:
        rows = [
            dict.fromkeys(SCORES.schema.names)
            | {"model": each["score"], "profile_id": world.id_of(names[who]), "score": float(value)}
            for who, value in each["of"].items()
        ]
        meta = {"model": each["score"], "as_of": format_instant(parse_instant(each["at"]))}
        with commit(world.home, "scores", meta) as scoring:
            scoring.write("scores", pa.Table.from_pylist(rows, schema=SCORES.schema))


def run(world: World, as_of: datetime, computes: bool) -> None:
    """One run; computed attributes only for who asks for them, since each costs a look at all events."""
    begun = world.begin(as_of)
    if computes:
        evaluate(world.settings, begun)
    plan(world.settings, begun)
    publish_run(world.settings, begun)


def answer(world: World, told: Mapping[str, Any], who: str, journey: str) -> None:
    """Feedback on the last message of this template that was planned for somebody."""
    sent = [
        row["message_id"]
        for row in world.rows("outbox")
        if (row["journey"], row["template"], row["profile_id"]) == (journey, told["to"], world.id_of(who))
    ]
    world.say(who, told["event"], parse_instant(told["at"]), message_id=sent[-1])


def _person(name: str, body: dict[str, Any], journey: str) -> Person:
    is_held_out = body.pop("held_out", False)
    if "consent_at" in body:
        body["consent_at"] = parse_instant(body["consent_at"])
    if "channels" in body:
        body["channels"] = tuple(body["channels"])
    for number in range(1000):
        person = Person(name if number == 0 else f"{name}{number}", **body)
        if (share(person.profile_id, f"holdout:{journey}") < HOLDOUT) == is_held_out:
            return person
    raise AssertionError("nobody is on that side of the holdout")

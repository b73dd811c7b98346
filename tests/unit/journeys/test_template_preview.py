"""A preview reads as the message that a plan would make of the same people, and says what would be missing."""

from __future__ import annotations

import json

import pytest

from activation.journeys.previewing import UNSUBSCRIBE, preview
from activation.rendering import Templates, render
from kith.errors import KithError
from kith.settings import Settings
from tests.scenarios.campaign_world import LAUNCH, MUG, Person, World


@pytest.fixture
def world(own: Settings) -> World:
    made = World(own, [Person("u1"), Person("u2", locale="de-DE")], products=[MUG])
    made.evaluate("churn_risk", LAUNCH)
    made.plan(LAUNCH)
    return made


def test_preview__reads_as_the_planned_message_does(world: World) -> None:
    planned = {row["profile_id"]: row for row in world.rows("outbox")}
    seen = preview(world.settings, "winback_offer", sorted(planned))
    template = Templates(world.settings.definitions / "templates").get("winback_offer")
    assert {each.profile_id for each in seen} == set(planned)
    for each in seen:
        row = planned[each.profile_id]
        variables = {**json.loads(row["variables"]), "unsubscribe_url": UNSUBSCRIBE}
        assert each.content == render(template, variables, row["locale"])


def test_preview__says_why_there_would_be_no_message(world: World) -> None:
    folder = world.settings.definitions / "templates" / "winback_offer"
    (folder / "subject.txt").write_text("{{ nobody_knows }}")
    (each,) = preview(world.settings, "winback_offer", [world.id_of("u1")])
    assert (each.content, each.problem) == (None, "the variable nobody_knows is missing")
    (folder / "subject.txt").write_text("{{ first_name[3:1:0] }}")
    (each,) = preview(world.settings, "winback_offer", [world.id_of("u1")])
    assert each.content is None
    assert "can't be rendered" in each.problem


def test_preview__of_nobody_and_of_nothing_is_said(world: World) -> None:
    for name, profiles, told in (
        ("nothing", (), "no template nothing"),
        ("winback_offer", ("x",), "no profile x"),
    ):
        with pytest.raises(KithError, match=told):
            preview(world.settings, name, profiles)
    assert len(preview(world.settings, "winback_offer", count=1)) == 1

"""People are found by whatever names them, by masked visitors through ids alone; every part of a page draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st

from dashboards.answers.people_search import find_people
from dashboards.answers.segments import reach, trends
from dashboards.reader import Reader, open_reader
from kith.ids import stable_id
from kith.run import Run
from kith.settings import Settings
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.test_dashboard_pages import words

Ask = Callable[..., Any]
SOMEBODY = """
    SELECT profile_id FROM profiles WHERE order_count > 2 AND email IS NOT NULL AND phone IS NOT NULL
    ORDER BY profile_id LIMIT 1"""
PARTS = (
    "Overview", "Timeline", "Visits", "Orders", "Messages", "Journeys", "Segments", "Consents", "Traits", "Identity",
)  # fmt: skip


def reader_of(settings: Settings, *, is_masked: bool = False) -> Reader:
    st.cache_data.clear()
    st.cache_resource.clear()
    reader = open_reader(settings, is_masked=is_masked)
    assert reader is not None
    return reader


@pytest.fixture
def person(ask: Ask) -> str:
    return ask(SOMEBODY)


IDENTIFIERS = {
    "e-mail": "SELECT email FROM profiles WHERE profile_id = $id",
    "e-mail in capitals": "SELECT upper(email) FROM profiles WHERE profile_id = $id",
    "phone": "SELECT phone FROM profiles WHERE profile_id = $id",
    "user id": "SELECT user_id FROM profiles WHERE profile_id = $id",
    "anonymous id": "SELECT any_value(identifier_value) FROM identities WHERE profile_id = $id"
    " AND identifier_type = 'anonymous_id'",
    "order": "SELECT any_value(order_id) FROM orders WHERE profile_id = $id",
    "profile id": "SELECT profile_id FROM profiles WHERE profile_id = $id",
    "beginning of the profile id": "SELECT substr(profile_id, 1, 12) FROM profiles WHERE profile_id = $id",
    "beginning of the e-mail": "SELECT substr(email, 1, length(email) - 1) FROM profiles WHERE profile_id = $id",
}


@pytest.mark.parametrize("known", IDENTIFIERS)
def test_search__finds_by(known: str, settings: Settings, ask: Ask, person: str) -> None:
    text = ask(IDENTIFIERS[known], {"id": person})
    assert text
    assert person in [each["profile_id"] for each in find_people(reader_of(settings), f" {text} ")]


def test_search__finds_by_name(settings: Settings, ask: Ask, person: str) -> None:
    name = ask("SELECT first_name || ' ' || last_name FROM profiles WHERE profile_id = $id", {"id": person})
    found = find_people(reader_of(settings), name.lower(), limit=1000)
    same = ask("SELECT count(*) FROM profiles WHERE first_name || ' ' || last_name = $name", {"name": name})
    assert person in [each["profile_id"] for each in found]
    assert len(found) == same


def test_search__follows_an_id_that_was_merged(settings: Settings, shop: Run) -> None:
    [found] = find_people(reader_of(settings), stable_id("anonymous_id", "old"))
    assert found["found_by"] == "earlier profile_id"


@pytest.mark.parametrize("known", ["e-mail", "phone", "beginning of the e-mail"])
def test_search__of_a_masked_visitor_finds_nobody_by_address(
    known: str, settings: Settings, ask: Ask, person: str
) -> None:
    text = ask(IDENTIFIERS[known], {"id": person})
    assert find_people(reader_of(settings, is_masked=True), text) == []


@pytest.mark.parametrize("known", ["user id", "anonymous id", "order", "profile id"])
def test_search__of_a_masked_visitor_finds_by_id(
    known: str, settings: Settings, ask: Ask, person: str
) -> None:
    text = ask(IDENTIFIERS[known], {"id": person})
    [found] = find_people(reader_of(settings, is_masked=True), text)
    email = ask(IDENTIFIERS["e-mail"], {"id": person})
    assert found["profile_id"] == person
    assert found["email"] != email


def test_search__of_a_masked_visitor_finds_nobody_by_name(settings: Settings, ask: Ask, person: str) -> None:
    name = ask("SELECT first_name FROM profiles WHERE profile_id = $id", {"id": person})
    assert find_people(reader_of(settings, is_masked=True), name) == []


@pytest.mark.parametrize(
    "text", ["", "  ", "'", '"', "%%%", "a'; DROP TABLE profiles; --", "nobody@nowhere.example"]
)
def test_search__of_anything_else_finds_nobody_and_breaks_nothing(
    text: str, settings: Settings, shop: Run
) -> None:
    assert find_people(reader_of(settings), text) == []


@pytest.mark.parametrize("part", PARTS)
def test_person__every_part_draws(part: str, draw: Draw, person: str) -> None:
    app = draw("person", person=person, part=part)
    assert not app.exception
    assert not app.error


def test_timeline__shows_the_chosen_kinds_alone(draw: Draw, person: str, ask: Ask) -> None:
    app = draw("person", person=person, part="Timeline")
    frame = app.dataframe[0].value
    total = ask("SELECT count(*) FROM events WHERE profile_id = $id", {"id": person})
    assert len(frame) == min(total, 100)
    assert f"{total} events" in words(app)


def test_reach__is_who_allows_it_and_has_an_address(settings: Settings, ask: Ask, shop: Run) -> None:
    told = {(row["segment"], row["channel"]): row for row in reach(reader_of(settings))}
    assert told
    for (segment, channel), row in told.items():
        consented = ask(
            """
            SELECT count(*) FROM segment_members WHERE segment = $segment AND profile_id IN (
                SELECT profile_id FROM consents WHERE purpose = 'marketing' AND channel = $channel
            ) AND profile_id NOT IN (
                SELECT profile_id FROM consents WHERE purpose = 'marketing' AND channel = $channel AND NOT is_granted
            )""",
            {"segment": segment, "channel": channel},
        )
        assert row["consented_count"] == consented
        assert row["reachable_count"] <= consented


def test_trend__ends_with_the_present_size(settings: Settings, ask: Ask, shop: Run) -> None:
    for segment, sizes in trends(reader_of(settings)).items():
        assert sizes[-1] == ask(
            "SELECT count(*) FROM segment_members WHERE segment = $name", {"name": segment}
        )


def test_lists__one_is_uploaded_with_its_provenance(draw: Draw, shop: Run) -> None:
    app = draw("lists")
    rows = b"email\nann@example.com\nbob@example.com\nann@example.com\n"
    app.file_uploader[0].upload("fair.csv", rows, "text/csv")
    chosen = {each.label: each for each in app.selectbox}
    next(each for each in app.text_input if each.label == "List").set_value("vip")
    chosen["They are on it"].set_value("90d")
    next(each for each in app.text_input if each.label.startswith("Where")).set_value("A fair")
    next(each for each in app.button if each.label == "Upload").click()
    app.run(timeout=60)
    assert not app.exception
    assert "2 of 3 rows" in app.success[0].value
    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["list"], row["accepted_count"], row["duplicate_count"]) == ("vip", 2, 1)
    assert (row["file_name"], row["source"]) == ("fair.csv", "A fair (everybody)")
    assert row["expires_at"] != "–"


def test_lists__without_a_file_nothing_is_uploaded(draw: Draw, shop: Run) -> None:
    app = draw("lists")
    next(each for each in app.button if each.label == "Upload").click()
    app.run()
    assert "Choose a file" in app.warning[0].value


@pytest.mark.parametrize("is_masked", [False, True])
def test_identity__hides_addresses_from_a_masked_visitor(
    settings: Settings, shop: Run, is_masked: bool
) -> None:
    from datetime import datetime

    from dashboards.person.identity import _graph, _shown
    from identity.joined import Pair

    reader = reader_of(settings, is_masked=is_masked)
    at = datetime(2026, 5, 1)
    pairs = [
        Pair(("user_id", "u1"), ("email", "ann@example.com"), at, 3),
        Pair(("user_id", "u1"), ("phone", "+442079460000"), at, 2),
        Pair(("user_id", "bob@example.com"), ("anonymous_id", 'a"b'), at, 1),
    ]
    told = _graph(reader, pairs)
    for address in ("ann@example.com", "+442079460000", "bob@example.com"):
        assert (address in told) is not is_masked
    assert "u1" in told
    assert r"a\"b" in told
    assert _shown(reader, ("user_id", "u1")) == ("User id", "u1")

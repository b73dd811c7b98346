"""Where pages stand, and that the first one answers to its name."""

from __future__ import annotations

from collections import Counter

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboards.boards.view import without_pictures
from dashboards.frame.first_page import first_page_route
from dashboards.page import GROUPS, Page
from kith.accounts import Right, Role, Visitor
from kith.errors import KithError
from kith.registry import plugins
from kith.settings import PROJECT

PAGES = plugins("dashboards.pages", Page)


def test_page__of_no_group_is_refused() -> None:
    with pytest.raises(KithError, match="stands in group Nowhere"):
        Page("X", "Why?", ":material/x:", "Nowhere", 1, lambda reader: None)


def test_pages__fill_every_group_and_have_a_title_of_their_own() -> None:
    assert {page.group for page in PAGES.values()} == set(GROUPS)
    assert [
        title for title, count in Counter(page.title for page in PAGES.values()).items() if count > 1
    ] == []


def test_pages__of_a_group_stand_together() -> None:
    ordered = [page.group for page in sorted(PAGES.values(), key=lambda page: page.order)]
    changes = [group for at, group in enumerate(ordered) if at == 0 or ordered[at - 1] != group]
    assert changes == list(GROUPS)


def test_pages__of_the_log_and_the_accounts_are_administrators_alone() -> None:
    for name in ("audit", "accounts"):
        assert PAGES[name].right is Right.ADMINISTER
    assert [role for role in Role if Visitor("x", role).may(Right.ADMINISTER)] == [Role.ADMIN]


def test_first_page__answers_to_its_name_and_keeps_what_was_asked() -> None:
    client = TestClient(Starlette(routes=[first_page_route()]), follow_redirects=False)
    assert client.get("/overview").headers["location"] == "/"
    assert (
        client.get("/overview?figure=orders&split=device").headers["location"]
        == "/?figure=orders&split=device"
    )


def test_words__fetch_no_picture() -> None:
    assert without_pictures("a ![x](https://host.example/p.png) b").count(r"\![") == 1


def test_pages__stand_in_the_docs_as_they_stand_here() -> None:
    lines = (PROJECT / "docs" / "dashboards.md").read_text().splitlines()
    told = {group: line for group in GROUPS for line in lines if line.startswith(f"| {group} |")}
    for group in GROUPS:
        inside = sorted((page.order, page.title) for page in PAGES.values() if page.group == group)
        assert told[group] == f"| {group} | {', '.join(f'{order} {title}' for order, title in inside)} |"

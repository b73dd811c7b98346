"""A segment, a funnel and a dashboard saved by their forms keep the comments of all that the form didn't touch."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from dashboards.answers.vocabulary import Vocabulary
from dashboards.boards.files import open_board, rename_board, save_board
from dashboards.builder.desk import Desk
from dashboards.builder.groups import act, add
from dashboards.builder.tree import Node
from dashboards.canvas.writing import document_of, heading_comments, retold
from dashboards.canvas.writing.values import flow
from dashboards.editing import Draft
from dashboards.funnels.drafting import funnel_text
from kith.accounts import Role, Visitor
from kith.settings import Settings
from tests.unit.segments.drawn_definitions import definitions

ADA = Visitor("ada", Role.ADMIN)
SEGMENT = """\
# yaml-language-server: $schema=x

# Agreed with the shop in spring.
name: lapsed
description: >
  Bought once,
  and never again.   # part of the text
evaluate: daily 06:00  # before the shop opens
who:
  all:
    # Robots buy nothing.
    - {attribute: is_bot, is: false}
    - {did: Order Completed, within: 52w}  # a year of trade
    # Whoever is here is on the way out.
    - none:
        - {did: Order Completed, within: 30d}  # the last month
        - {segment: vip}  # they get letters of their own
# The end.
"""
FUNNEL = """\
# Why there is this funnel.
name: buy
description: From view to order.  # as it stands in the report
order: ordered
within: 7d  # a week, as people think it over

steps:
  # Everything begins with a look.
  - {name: viewed, event: Product Viewed}
  # The cart is where most are lost.
  - name: added
    event: Product Added  # not the wish list
  - {name: ordered, order: completed}  # what counts
"""
BOARD = """\
# Trade, for Mondays.
name: trade
title: Trade
owner: ada  # ask her
shared: true
period: {days: 28}
tiles:
# What came in.
- metrics: [net_revenue]
  chart: line  # as the default is, and told
  width: 2
# What was sold.
- metrics: [orders]
  by: [country]  # the two shops
  chart: bars
# To whom it went.
- text: Words.
  width: 4  # all of it
"""


def desk(text: str) -> Desk:
    draft = Draft("segments", "lapsed", Path("lapsed.yml"), text, digest="0")
    found = Desk(draft, text)
    found.read(text)
    assert not found.fault
    return found


def root_of(on: Desk) -> Node:
    assert on.root is not None
    return on.root


def test_segment__keeps_the_comments_of_what_its_builder_left_alone() -> None:
    on = desk(SEGMENT)
    root_of(on).children[1].said["within"] = "26w"
    on.head["evaluate"] = "daily 07:00"
    on.follow()
    assert on.text == SEGMENT.replace("52w", "26w").replace("06:00", "07:00")
    root_of(on).children[1].said["within"] = "52w"
    on.head["evaluate"] = "daily 06:00"
    on.follow()
    assert on.text == SEGMENT


def test_segment__moves_and_drops_conditions_with_their_comments() -> None:
    on = desk(SEGMENT)
    root = root_of(on)
    act("Move up", root.children[2], root.children)
    act("Remove", root.children[1].children[0], root.children[1].children)
    on.follow()
    assert document_of(on.text) == on.document
    assert "the last month" not in on.text
    assert "they get letters of their own" in on.text
    assert on.text.index("on the way out") < on.text.index("a year of trade")
    act("Remove", root.children[0], root.children)
    on.follow()
    assert "# Robots buy nothing.\n    - {attribute: is_bot, is: false}\n    - none:" not in on.text
    assert "# they get letters of their own" in on.text


def test_segment__what_is_added_stands_on_a_line_of_its_own() -> None:
    on = desk("# Head.\nwho:\n  all:\n    - {segment: vip}  # kept\n    - {did: A}\n")
    add(root_of(on), "did_not", Vocabulary())
    on.follow()
    assert on.text == (
        "# Head.\nwho:\n  all:\n    - {segment: vip}  # kept\n    - {did: A}\n"
        "    - {did_not: Order Completed, within: 30d}\n"
    )


def test_funnel__keeps_the_comments_of_the_steps_that_stay() -> None:
    document = document_of(FUNNEL)
    assert funnel_text(FUNNEL, document) == FUNNEL
    changed = deepcopy(document)
    changed["steps"][0], changed["steps"][1] = changed["steps"][1], changed["steps"][0]
    changed["steps"][2]["where"] = {"total": {"at_least": 10}}
    changed["within"] = "3d"
    text = funnel_text(FUNNEL, changed)
    assert document_of(text) == changed
    assert comments(text) == comments(FUNNEL)
    assert text.index("most are lost") < text.index("Product Added") < text.index("begins with a look")


def test_dashboard__saved_keeps_comments_and_defaults_that_the_file_tells(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"definitions": tmp_path / "definitions"})
    path = tmp_path / "definitions" / "dashboards" / "trade.yml"
    path.parent.mkdir(parents=True)
    path.write_text(BOARD)
    draft, board = open_board(settings, "trade")
    save_board(draft, board, ADA, settings)
    assert path.read_text() == BOARD
    first, second, words = board.tiles
    draft, _ = open_board(settings, "trade")
    wider = second.model_copy(update={"width": 4})
    save_board(
        draft, board.model_copy(update={"title": "All", "tiles": (words, first, wider)}), ADA, settings
    )
    text = path.read_text()
    assert open_board(settings, "trade")[1].tiles == (words, first, wider)
    assert comments(text) == comments(BOARD)
    assert text.index("To whom it went") < text.index("Words.") < text.index("What came in")
    assert text.index("What was sold") < text.index("by: [country]  # the two shops")
    draft, board = open_board(settings, "trade")
    rename_board(draft, board, "commerce", ADA, settings)
    assert comments(path.with_name("commerce.yml").read_text()) == comments(BOARD)


def test_retold__stands_below_the_heading_where_the_file_can_t_be_patched() -> None:
    text = "# one\n# two\nsteps: [&a {did: x}, *a]\n"
    assert retold(text, {"steps": [{"did": "y"}]}, "anew: 1\n") == "# one\n# two\nanew: 1\n"
    assert heading_comments("# one\n\n# two\nwho: x\n") == "# one\n"


@given(condition=definitions)
@trials(max_examples=40, deadline=None, derandomize=True)
def test_retold__says_what_it_has_to_whatever_it_said_before(condition: Any) -> None:
    document = {**document_of(SEGMENT), "who": condition}
    text = retold(SEGMENT, document, anew="none")
    assert document_of(text) == document
    assert "before the shop opens" in text
    inside = f"# one\nwho: {flow(condition)}  # why\n"
    assert document_of(retold(inside, document_of(SEGMENT), anew="none")) == document_of(SEGMENT)


ITEMS = some.lists(
    some.sampled_from([{"did": one, "within": "3d"} for one in "abcdef"]), min_size=1, unique_by=str
)


@given(before=ITEMS, after=ITEMS)
@trials(max_examples=150, deadline=None, derandomize=True)
def test_retold__an_item_that_stays_keeps_the_comment_above_it(before: Any, after: Any) -> None:
    lines = [f"  # about {each['did']}\n  - {{did: {each['did']}, within: 3d}}\n" for each in before]
    text = retold("who:\n" + "".join(lines), {"who": after}, anew="none")
    assert document_of(text) == {"who": after}
    for each in after:
        if each in before:
            assert f"# about {each['did']}\n  - {{did: {each['did']}," in text


def comments(text: str) -> set[str]:
    return {line[line.index("#") :].strip() for line in text.splitlines() if "#" in line}

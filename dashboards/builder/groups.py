"""Groups as boxes in boxes, each condition on a line of its own with what can be done to it."""

from __future__ import annotations

import streamlit as st

from dashboards.answers.vocabulary import Vocabulary
from dashboards.builder.fields import choose_word, tell
from dashboards.builder.filters import begin_filter
from dashboards.builder.sentences import Known, draw_sentence, draw_where
from dashboards.builder.tree import Node, doubled, move, read_condition
from dashboards.builder.words import GROUP_WORDS, KIND_WORDS, new_condition

DUPLICATE, UP, DOWN, WRAP, UNWRAP, FILTER, REMOVE = (
    "Duplicate", "Move up", "Move down", "Put into a group", "Dissolve the group", "Add a filter", "Remove",
)  # fmt: skip
FILTERED = ("did", "did_not", "event", "sequence")
GROUP = "A group"


def draw_tree(root: Node, known: Known) -> None:
    """The whole tree. A definition of one condition becomes a group as soon as another is added."""
    if root.is_group:
        _draw_group(root, known, None)
        return
    with st.container(border=True):
        _draw_leaf(root, known, None)
        _offer_more(root, known)


def _draw_group(node: Node, known: Known, parent: Node | None) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            node.word = choose_word("Group", f"b{node.number}.group", GROUP_WORDS, node.word, 240)
            if parent is not None:
                _offer(node, parent, [DUPLICATE, UP, DOWN, UNWRAP, REMOVE], known)
        if not node.children:
            st.caption(
                ":material/info: An empty group says nothing yet. Add a condition, or remove the group."
            )
        for child in node.children:
            if child.is_group:
                _draw_group(child, known, node)
            else:
                _draw_leaf(child, known, node)
        _offer_more(node, known)


def _draw_leaf(node: Node, known: Known, parent: Node | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        kind = choose_word("Kind of condition", f"b{node.number}.kind", KIND_WORDS, node.kind, 150)
        if kind != node.kind:
            fresh = read_condition(new_condition(kind, known.names))
            node.said, node.children = fresh.said, fresh.children
        draw_sentence(node, known)
        able = [FILTER] if node.kind in FILTERED else []
        _offer(node, parent, [*able, *([DUPLICATE, UP, DOWN, WRAP, REMOVE] if parent else [])], known)
    draw_where(node, known)
    if node.children:
        with st.container(border=True, gap="small"):
            tell(":material/subdirectory_arrow_right: for people without a score, instead")
            _draw_fallback(node.children[0], known)


def _draw_fallback(fallback: Node, known: Known) -> None:
    """What judges people whom the model never scored."""
    if fallback.is_group:
        _draw_group(fallback, known, None)
        return
    _draw_leaf(fallback, known, None)
    _offer_more(fallback, known)


def _offer_more(node: Node, known: Known) -> None:
    """Adding a condition of some kind, or another group."""
    key = f"b{node.number}.add"
    st.menu_button(
        "Add a condition", [*KIND_WORDS, GROUP], key=key, icon=":material/add:", type="tertiary",
        format_func=lambda each: KIND_WORDS.get(str(each), str(each)), on_click=_add, args=(key, node, known),
    )  # fmt: skip


def _offer(node: Node, parent: Node | None, able: list[str], known: Known) -> None:
    if not able:
        return
    key = f"b{node.number}.more"
    st.menu_button(
        ":material/more_horiz:", able, key=key, type="tertiary", help="What can be done to it",
        on_click=_act, args=(key, node, parent, known),
    )  # fmt: skip


def _add(key: str, node: Node, known: Known) -> None:
    add(node, st.session_state[key], known.names)


def _act(key: str, node: Node, parent: Node | None, known: Known) -> None:
    chosen = st.session_state[key]
    if chosen == FILTER:
        part = node.said["sequence"][1] if node.kind == "sequence" else node.said
        begin_filter(part, known.properties(part.get("did") or node.said.get(node.kind, "")))
    elif parent is not None:
        act(chosen, node, parent.children)


def add(node: Node, chosen: str, names: Vocabulary) -> None:
    """A condition of this kind, or a group, at the end of a group; a single condition becomes a group of two."""
    if not node.is_group:
        node.children = [Node(said=node.said, children=node.children)]
        node.word, node.said = "all", {}
        node.renew()
    fresh = read_condition(new_condition("did" if chosen == GROUP else chosen, names))
    node.children.append(Node("any", children=[fresh]) if chosen == GROUP else fresh)


def act(chosen: str, node: Node, siblings: list[Node]) -> None:
    """One of the things that can be done to a condition or group among its siblings."""
    at = siblings.index(node)
    if chosen == DUPLICATE:
        siblings.insert(at + 1, doubled(node))
    elif chosen in (UP, DOWN):
        move(siblings, node, -1 if chosen == UP else 1)
    elif chosen == WRAP:
        siblings[at] = Node("any", children=[node])
    elif chosen == UNWRAP:
        siblings[at : at + 1] = node.children
    elif chosen == REMOVE:
        siblings.remove(node)

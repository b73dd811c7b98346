"""What a page is: one file in `dashboards/pages/` with a `plugin` of this type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.reader import Reader
from kith.accounts import Right
from kith.errors import KithError

#: The areas of the navigation, from top to bottom.
GROUPS = ("Today", "People", "Engage", "Understand", "Run")


@dataclass(frozen=True)
class Page:
    """`question` is what the page answers, in a visitor's words; `draw` gets a reader of the snapshot.

    The file's stem is the page's address. Pages of a `group` (one of GROUPS) stand together, in the order of
    `order`; the page with the least order is the one that opens first. Without `right` everybody sees it.
    """

    title: str
    question: str
    icon: str
    group: str
    order: int
    draw: Callable[[Reader], None]
    right: Right | None = None

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise KithError(f"page {self.title} stands in group {self.group}", expected=" or ".join(GROUPS))

"""What a page is: one file in `dashboards/pages/` with a `plugin` of this type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.reader import Reader


@dataclass(frozen=True)
class Page:
    """`question` is what the page answers, in a visitor's words; `draw` gets a reader of the snapshot.

    The file's stem is the page's address. Pages of a `group` stand together, in the order of `order`; the
    page with the least order is the one that opens first.
    """

    title: str
    question: str
    icon: str
    group: str
    order: int
    draw: Callable[[Reader], None]

"""Changing one place of a YAML text and nothing else."""

from dashboards.canvas.writing.changes import change
from dashboards.canvas.writing.patches import (
    listed,
    move_item,
    replace,
    with_item,
    with_key,
    without_item,
    without_key,
)
from dashboards.canvas.writing.retelling import heading_comments, retold
from dashboards.canvas.writing.spans import Keys, document_of

__all__ = [
    "Keys",
    "change",
    "document_of",
    "heading_comments",
    "listed",
    "move_item",
    "replace",
    "retold",
    "with_item",
    "with_key",
    "without_item",
    "without_key",
]

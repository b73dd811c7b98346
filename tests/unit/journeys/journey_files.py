"""Journeys written in a test, compiled."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from activation.journeys.graph import Graph
from activation.journeys.language.compilation import compile_journey
from activation.journeys.language.journey import JourneyBody
from kith.definitions import load_definition


class Compiled:
    """Compiles texts in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, text: str, **more: Any) -> Graph:
        path = self.folder / "j.yml"
        path.write_text(dedent(text))
        return compile_journey(load_definition(path, JourneyBody), **more)


def steps(text: str, head: str = "enter: {segment: s}") -> str:
    """A file of these steps."""
    return f"{head}\nsteps:\n{indent(dedent(text).strip(), '  ')}\n"


def leads(graph: Graph, node_id: str) -> dict[str, str]:
    """Where the labels of a node lead."""
    return {each.label: each.to for each in graph.edges if each.node_id == node_id}

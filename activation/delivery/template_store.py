"""The template that a message was planned with: the files on disk, or else the copy that the plan kept."""

import json

from activation.rendering import Template, Templates, template_of
from kith.errors import KithError
from kith.lake import Commit, Home, commits
from kith.settings import Settings


class TemplateStore:
    """Finds each version once. Not safe between threads."""

    def __init__(self, settings: Settings) -> None:
        self._files = Templates(settings.definitions / "templates")
        self._home = Home(settings.home)
        self._kept: dict[tuple[str, str], Template] = {}

    def get(self, name: str, version: str) -> Template:
        """The template of exactly this version; KithError where it is neither on disk nor in the lake."""
        if (name, version) not in self._kept:
            self._kept[name, version] = self._find(name, version)
        return self._kept[name, version]

    def _find(self, name: str, version: str) -> Template:
        try:
            return self._files.get(name, version)
        except KithError:
            for tick in reversed(commits(self._home, "journeys")):
                body = _body(tick, name, version)
                if body is not None:
                    return template_of(name, json.loads(body))
            raise


def _body(tick: Commit, name: str, version: str) -> str | None:
    from pyarrow.parquet import ParquetFile

    path = tick.table("versions")
    if not path.exists():
        return None
    with ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["kind", "name", "version", "body"]):
            for row in batch.to_pylist():
                if (row["kind"], row["name"], row["version"]) == ("template", name, version):
                    return row["body"]
    return None

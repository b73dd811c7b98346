"""What the tests of journeys share."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from kith.settings import Settings


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings over a copy of the definitions, for tests that edit them."""
    folder = tmp_path / "definitions"
    copytree(settings.definitions, folder)
    return settings.model_copy(update={"definitions": folder})

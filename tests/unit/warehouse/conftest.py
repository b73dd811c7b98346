"""One build of a small world, shared by the tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.warehouse.lake import Lake, run_dbt
from tests.unit.warehouse.shop import AS_OF, lay_shop


@dataclass(frozen=True)
class Built:
    """A home whose core and report were built, and the folder they were published to."""

    lake: Lake
    run: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    lake = lay_shop(tmp_path_factory.mktemp("warehouse"))
    run = lake.begin_run(AS_OF)
    run_dbt(lake.home, run, "build", "--select", "tag:core")
    run_dbt(lake.home, run, "build", "--select", "tag:report")
    return Built(lake, run)

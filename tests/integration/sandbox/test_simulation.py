"""A draft lived into the future: people enter, are written to and answer, in a copy; the home stays to the byte."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import orjson
import pytest

from kith.settings import PROJECT, load_settings
from sandbox.calendar import LAUNCH
from sandbox.settings import load_sandbox_settings
from sandbox.simulation import simulate
from tests.integration.journeys.shop_days import AFTER_THE_HOUR, live_definitions, open_days

pytestmark = pytest.mark.whole


def digests(*folders: Path) -> dict[str, str]:
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return {str(file): md5(file.read_bytes(), usedforsecurity=False).hexdigest() for file in files}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_simulation__tells_what_a_draft_will_do_and_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strikes: int | None
) -> None:
    definitions = live_definitions(tmp_path / "definitions", ())
    with open_days(tmp_path, definitions, monkeypatch, people=150, days=20, live_days=1) as days:
        days.live_until(LAUNCH + AFTER_THE_HOUR)
    before = digests(tmp_path / "data", tmp_path / "sandbox")
    draft = PROJECT / "activation" / "definitions" / "journeys" / "abandoned_cart.yml"
    lived = min(strikes or 3, 3)
    found = simulate(load_settings(), load_sandbox_settings(), draft, days=lived)
    print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    assert found.entrants > 0
    assert found.planned == found.sent + sum(row["messages"] for row in found.drops)
    assert sum(row["messages"] for row in found.sends) == found.sent
    assert digests(tmp_path / "data", tmp_path / "sandbox") == before

"""The Dagster UI in a real browser: every group of assets is on the lineage page."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kith.init import initialise
from kith.settings import PROJECT, child_environment, load_settings
from tests.browser.chromium import new_visit
from tests.browser.servers import free_port, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PREPARE = (
    "from dagster_project.instance import prepare_instance; from kith.settings import load_settings; "
    "print(prepare_instance(load_settings()))"
)
ASSETS = "{ assetNodes { groupName description owners { __typename } assetKey { path } } }"


@pytest.fixture(scope="module")
def dagster(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the Dagster UI over a fresh home."""
    home = tmp_path_factory.mktemp("dagster") / "home"
    initialise(load_settings(home=home))
    environment = {"KITH_HOME": str(home)}
    prepared = subprocess.run(
        [sys.executable, "-c", PREPARE],
        env=child_environment(**environment),
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    environment["DAGSTER_HOME"] = prepared.stdout.strip().splitlines()[-1]
    port = free_port()
    webserver = str(Path(sys.executable).parent / "dagster-webserver")
    command = [webserver, "-w", str(PROJECT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with serving(command, f"{address}/server_info", home / "dagster.log", environment):
        yield address


def test_dagster__shows_every_group_of_assets(dagster: str, browser: Browser) -> None:
    nodes = ask_dagster(dagster, ASSETS)["assetNodes"]
    groups = {node["groupName"] for node in nodes}
    assert len(nodes) >= 20
    assert {"identity", "segments"} <= groups
    visit = new_visit(browser, "light")
    visit.tab.goto(f"{dagster}/asset-groups")
    for group in sorted(groups):
        visit.tab.get_by_text(group, exact=True).first.wait_for(timeout=60_000)
    visit.tab.wait_for_timeout(1500)
    visit.photograph("dagster-lineage")
    assert visit.tab.get_by_text("Join the Dagster community").count() == 0
    assert [fault for fault in visit.faults if "another host" in fault] == []
    visit.tab.context.close()


def test_dagster__every_asset_is_described_and_owned(dagster: str) -> None:
    nodes = ask_dagster(dagster, ASSETS)["assetNodes"]
    bare = [node["assetKey"]["path"] for node in nodes if not node["description"] or not node["owners"]]
    assert bare == []


def ask_dagster(address: str, query: str) -> dict[str, list[dict[str, Any]]]:
    """What Dagster's GraphQL answers."""
    request = urllib.request.Request(
        f"{address}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    assert "errors" not in found, found
    return found["data"]

"""A marketer finds a person by e-mail, and builds a segment whose count is that of `kith segments preview`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.service import dashboards_command
from kith.settings import PROJECT, child_environment, load_settings
from tests.browser.chromium import Scheme
from tests.browser.servers import free_port, serving

if TYPE_CHECKING:
    from tests.browser.chromium import Visit
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
Ask = Callable[[str], dict[str, Any]]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HERE = """description: People of one country.
who:
  all:
    - {attribute: country, is: DE}
"""


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of definitions that the test may write to."""
    folder = tmp_path_factory.mktemp("definitions")
    (folder / "segments").mkdir()
    (folder / "segments" / "here.yml").write_text(HERE)
    return folder


@pytest.fixture(scope="module")
def served(shop_home: Path, definitions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboards over the shop and those definitions."""
    port = free_port()
    address, told = (
        f"http://127.0.0.1:{port}",
        {"KITH_HOME": str(shop_home), "KITH_DEFINITIONS": str(definitions)},
    )
    command = dashboards_command(load_settings(home=shop_home), port)
    log = tmp_path_factory.mktemp("logs") / "builder.log"
    with serving(command, f"{address}/_stcore/health", log, told):
        yield address


def preview_size(home: Path, definitions: Path, file: Path) -> int:
    """What `kith segments preview` says, in a process of its own."""
    answer = subprocess.run(
        [str(Path(sys.executable).parent / "kith"), "segments", "preview", str(file), "--format", "json"],
        env=child_environment(KITH_HOME=str(home), KITH_DEFINITIONS=str(definitions)),
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["size"]


def choose(page: Visit, label: str, option: str) -> None:
    """Choose in the first select box of this label, as a keyboard would."""
    box = page.tab.get_by_role("combobox", name=label).first
    box.click()
    page.tab.get_by_role("option", name=option, exact=True).first.click()
    page.tab.wait_for_timeout(600)
    page.settle()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_customers__one_is_found_by_e_mail(served: str, visit: Open, ask: Ask, scheme: Scheme) -> None:
    found = ask("""
        SELECT email, order_count, profile_id FROM profiles
        WHERE email IS NOT NULL ORDER BY order_count DESC, profile_id LIMIT 1""")
    page = visit(f"{served}/customers", scheme)
    page.photograph("customers")
    page.tab.get_by_label("Find a person").fill(found["email"])
    page.tab.keyboard.press("Enter")
    page.tab.get_by_text("Table", exact=False).last.wait_for()
    page.settle()
    assert found["email"] not in page.tab.url
    page.open(f"{served}/person?person={found['profile_id']}")
    assert page.figure("Orders") == f"{found['order_count']:,}"
    for part in ("Timeline", "Messages", "Segments", "Consents", "Identity"):
        page.tab.get_by_role("tab", name=part).click()
        page.tab.wait_for_timeout(600)
        page.settle()
        page.photograph(f"person-{part.lower()}")
        assert f"part={part}" in page.tab.url


@pytest.mark.parametrize("scheme", SCHEMES)
def test_builder__counts_what_the_preview_counts(
    served: str, shop_home: Path, definitions: Path, visit: Open, scheme: Scheme
) -> None:
    file = definitions / "segments" / "here.yml"
    file.write_text(HERE)
    page = visit(f"{served}/segment_builder?segment=here", scheme)
    before = preview_size(shop_home, definitions, file)
    assert page.figure("People") == f"{before:,}"
    choose(page, "Comparison", "is not")
    page.photograph("segment-builder")
    page.tab.get_by_role("button", name="Review and save").click()
    page.tab.get_by_role("button", name="Save", exact=True).wait_for()
    page.settle()
    page.photograph("segment-builder-review")
    page.tab.get_by_role("button", name="Save", exact=True).click()
    page.tab.get_by_text("Saved as").wait_for()
    page.settle()
    assert "is_not: DE" in file.read_text()
    after = preview_size(shop_home, definitions, file)
    assert after != before
    assert page.figure("People") == f"{after:,}"

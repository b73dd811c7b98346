"""Five visitors who walk through all pages at once, with Chromium, and how long each waits."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboards.service import dashboards_command
from kith.durable import write_durably
from kith.lake import Home
from kith.registry import plugin_names
from kith.settings import load_settings
from kith.snapshot import current_snapshot
from tests.browser.chromium import EXECUTABLE, FLAGS, Visit, new_visit
from tests.browser.servers import free_port, serving

VISITORS = 5
FIRST_CHART, INTERACTION, MEGABYTES = 2.0, 1.0, 1_500
PATIENCE = 90_000
#: The first thing to read: a chart, a figure, a table, a canvas, a form, or a calm sentence.
_WATCH = """page => {
    const seen = [
        '[data-testid="stVegaLiteChart"] canvas', '[data-testid="stVegaLiteChart"] svg', '[data-testid="stMetric"]',
        '[data-testid="stDataFrame"] canvas', '.kith-table', '[data-testid="stAlert"]', 'iframe',
        '[data-testid="stBidiComponentRegular"]', '[data-testid="stForm"]', '[data-testid="stTextInput"]',
    ];
    const link = [...document.querySelectorAll('[data-testid="stSidebarNavLink"]')]
        .find(each => new URL(each.href).pathname === '/' + page);
    const begin = performance.now();
    window.kithWait = {first: null, done: null, begin};
    link.click();
    const look = () => {
        const now = performance.now(), wait = window.kithWait;
        const main = document.querySelector('[data-testid="stMain"]');
        const here = location.pathname === '/' + page;
        const stale = main.querySelectorAll('[data-stale="true"]').length;
        if (here && now - begin > 60 && wait.first === null && !stale
            && seen.some(kind => [...main.querySelectorAll(kind)].some(each => each.offsetParent !== null)))
            wait.first = (now - begin) / 1000;
        const app = document.querySelector('[data-testid="stApp"]');
        if (here && now - begin > 250 && app.dataset.testScriptState === 'notRunning') {
            if (wait.first === null) wait.first = (now - begin) / 1000;
            wait.done = (now - begin) / 1000;
            return;
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
#: Another choice of the first control that has one.
_CHANGE = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const buttons = [...main.querySelectorAll('[data-testid="stButtonGroup"] button')].filter(
        each => each.offsetParent !== null && !(each.getAttribute('kind') || '').includes('Active'));
    if (buttons.length < 1) return false;
    const begin = performance.now();
    window.kithWait = {first: 0, done: null, begin};
    buttons[0].click();
    const look = () => {
        const now = performance.now();
        const app = document.querySelector('[data-testid="stApp"]');
        if (now - begin > 60 && app.dataset.testScriptState === 'notRunning') {
            window.kithWait.done = (now - begin) / 1000;
            return;
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    return true;
}"""


@dataclass
class Waits:
    """Seconds of one page, over all visitors: until the first chart, until all is drawn, after a click."""

    first: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    click: list[float] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """The worst of each, which is what the limits hold."""
        return {
            name: round(max(waits), 2) if (waits := getattr(self, name)) else None
            for name in ("first", "done", "click")
        }


@dataclass
class Walk:
    """What came of it. `alone`: one visitor clicks while the others look at what they have; `together`: all click at
    once. `publish_seconds`: a snapshot published meanwhile."""

    alone: dict[str, Waits]
    together: dict[str, Waits]
    megabytes: float = 0.0
    publish_seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def walk(home: Path, log: Path) -> Walk:
    """One visitor goes through all pages; then, of a new snapshot, every visitor at once, each beginning elsewhere, and
    meanwhile newer snapshots are published."""
    from playwright.sync_api import sync_playwright

    pages = list(plugin_names("dashboards.pages"))
    told = Walk({page: Waits() for page in pages}, {page: Waits() for page in pages})
    with ExitStack() as stack:
        address, pid = stack.enter_context(_served(home, log))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(EXECUTABLE), args=FLAGS)
        visits = [new_visit(browser, "light") for _ in range(VISITORS)]
        for visit in visits:
            visit.open(f"{address}/")
        for page in pages:
            _go(visits[0], page, pages)
            _note(told, told.alone, visits[0], page)
        _publish_again(home, told)
        _walk_together(told, visits, pages, home)
        told.megabytes = _peak_megabytes(pid)
        told.faults = [each[:200] for visit in visits for each in visit.complain()]
        browser.close()
    return told


def _walk_together(told: Walk, visits: list[Visit], pages: list[str], home: Path) -> None:
    for step in range(len(pages)):
        publisher = threading.Thread(target=_publish_again, args=(home, told)) if step in (3, 9, 15) else None
        if publisher:
            publisher.start()
        under_way = [(visit, pages[(step + 5 * at) % len(pages)]) for at, visit in enumerate(visits)]
        for visit, page in under_way:
            _go(visit, page, pages)
        for visit, page in under_way:
            _note(told, told.together, visit, page)
        if publisher:
            publisher.join()


def _go(visit: Visit, page: str, pages: list[str]) -> None:
    _show_all(visit)
    visit.tab.evaluate(_WATCH, "" if page == _first(pages) else page)


def _note(told: Walk, pages: dict[str, Waits], visit: Visit, page: str) -> None:
    try:
        visit.tab.wait_for_function("() => window.kithWait.done !== null", timeout=PATIENCE)
    except Exception:  # a page that never ends is a fault of that page, and the walk goes on
        told.faults.append(f"{page}: not drawn within {PATIENCE / 1000:g} s")
    waited = visit.tab.evaluate("() => window.kithWait")
    waits = pages[page]
    waits.first.append(waited["first"] or PATIENCE / 1000)
    waits.done.append(waited["done"] or PATIENCE / 1000)
    if visit.tab.evaluate(_CHANGE):
        visit.tab.wait_for_function("() => window.kithWait.done !== null", timeout=PATIENCE)
        waits.click.append(visit.tab.evaluate("() => window.kithWait.done"))


def _show_all(visit: Visit) -> None:
    """The whole menu: a long one is folded."""
    more = visit.tab.locator('[data-testid="stSidebarNavViewButton"]', has_text="more")
    if more.count():
        more.first.click()


def _first(pages: list[str]) -> str:
    from dashboards.page import Page
    from kith.registry import plugins

    found = plugins("dashboards.pages", Page)
    return min(pages, key=lambda name: found[name].order)


@contextmanager
def _served(home: Path, log: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = dashboards_command(load_settings(home=home), port)
    with serving(command, f"{address}/_stcore/health", log, {"KITH_HOME": str(home)}):
        yield address, _listener(command)


def _listener(command: list[str]) -> int:
    """The process of these words."""
    wanted = "\0".join(command).encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (folder / "cmdline").exists():
            with_words = (folder / "cmdline").read_bytes()
            if wanted in with_words:
                return int(folder.name)
    raise LookupError("the dashboards' process is gone")


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1024


def _publish_again(home: Path, told: Walk) -> None:
    """What a run does last: a folder of linked tables, and the pointer moves."""
    present = current_snapshot(Home(home))
    if present is None:
        return
    begin = time.perf_counter()
    number = int(present.run_id[:6]) + 1
    name = f"{number:06d}{present.run_id[6:]}"
    shutil.copytree(present.path, Home(home).published / name, copy_function=os.link)
    write_durably(Home(home).published / "CURRENT", name.encode())
    told.publish_seconds.append(round(time.perf_counter() - begin, 3))

"""A visitor with Chromium: opens pages, notes what goes wrong behind them, takes pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal

from kith.settings import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

EXECUTABLE = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = PROJECT / "artifacts" / "screenshots"
WIDTH, HEIGHT = 1440, 950

#: Below a page's own address Streamlit first looks for its service and takes the 404 as a no.
EXPECTED_404 = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
HERE = re.compile(r"^(https?|wss?)://127\.0\.0\.1[:/]|^(data|blob|about):")

_DRAWN = """() => {
    const seen = element => element.offsetParent !== null;
    const all = kind => [...document.querySelectorAll(`[data-testid="${kind}"]`)].filter(seen);
    return all("stSkeleton").length === 0
        && all("stVegaLiteChart").every(chart => chart.querySelector("canvas, svg"));
}"""

AT_REST = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 20_000
Scheme = Literal["light", "dark"]


@dataclass
class Visit:
    """One tab. `faults` collects console errors, requests that failed, and requests to other hosts."""

    tab: Page
    scheme: Scheme
    faults: list[str] = field(default_factory=list)

    def watch(self) -> Visit:
        """Note everything from now on."""
        self.tab.on("console", lambda said: self._hear(said.type, said.text, said.location.get("url", "")))
        self.tab.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        self.tab.on("request", self._check_host)
        return self

    def open(self, address: str) -> None:
        """Go there and wait until Streamlit has finished drawing."""
        self.tab.goto(address)
        self.tab.wait_for_selector('[data-testid="stSidebarNav"]', timeout=60_000)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and charts are drawn, and it stays so: a click takes a moment to set it off."""
        for _ in range(2):
            self.tab.wait_for_selector(AT_REST, timeout=60_000)
            self.tab.wait_for_function(_DRAWN, timeout=60_000)
            self.tab.wait_for_timeout(400)

    def figure(self, label: str) -> str:
        """The text of the key figure with this label."""
        box = self.tab.locator('[data-testid="stMetric"]').filter(
            has=self.tab.locator(
                '[data-testid="stMetricLabel"]', has_text=re.compile(f"^{re.escape(label)}$")
            )
        )
        return box.first.locator('[data-testid="stMetricValue"]').inner_text().strip()

    def await_figure(self, label: str, text: str) -> None:
        """Wait until the key figure with this label says so: a page that was changed draws the old one for a moment."""
        until = monotonic() + PATIENCE / 1000
        while (told := self.figure(label)) != text:
            assert monotonic() < until, f"{label}: {told}, expected {text}"
            self.tab.wait_for_timeout(100)

    def charts(self) -> int:
        """How many charts are drawn."""
        return self.tab.locator('[data-testid="stVegaLiteChart"]:has(canvas, svg)').count()

    def words(self) -> str:
        """All text of the page."""
        return self.tab.locator('[data-testid="stApp"]').inner_text()

    def photograph(self, name: str) -> Path:
        """The whole page as a picture in artifacts/screenshots/."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        high = self.tab.evaluate(
            "() => (document.querySelector('[data-testid=stMain]') || document.documentElement).scrollHeight"
        )
        self.tab.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, int(high))})
        self.tab.wait_for_timeout(600)
        path = SCREENSHOTS / f"{name}-{self.scheme}.png"
        self.tab.screenshot(path=str(path))
        self.tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return path

    def complain(self) -> list[str]:
        """What went wrong so far: faults, exception boxes, charts that could not be drawn."""
        boxes = self.tab.locator('[data-testid="stException"]').all_inner_texts()
        return [*self.faults, *(f"exception: {text}" for text in boxes)]

    def _hear(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and not EXPECTED_404.search(url):
            self.faults.append(f"console: {text} ({url})")

    def _check_host(self, request: Request) -> None:
        if not HERE.search(request.url):
            self.faults.append(f"request to another host: {request.url}")


def new_visit(browser: Browser, scheme: Scheme) -> Visit:
    """A fresh tab of an English visitor who likes it light or dark."""
    context = browser.new_context(
        color_scheme=scheme, locale="en-GB", viewport={"width": WIDTH, "height": HEIGHT}
    )
    return Visit(context.new_page(), scheme).watch()

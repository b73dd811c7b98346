"""Lint: each slip is found at its line, and what is meant is left alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, publish
from activation.segments.commands import segments as command
from activation.segments.linting import Finding, Severity, lint
from kith.lake import Home
from kith.settings import Settings
from tests.unit.segments import world as snapshots
from tests.unit.segments.world import AS_OF, Person, begin, write_scores

DAY = timedelta(days=1)
PEOPLE = [
    Person("p1", country="GB", order_count=3, events=[("Order Completed", AS_OF - 40 * DAY, {"total": 5}),
                                                     ("Page Viewed", AS_OF - DAY, {"path": "/"})]),
    Person("p2"),
]  # fmt: skip


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Settings:
    """A published snapshot, a scored model, one list that expired and one that didn't; no definitions."""
    for name, expires in (("gone", AS_OF - DAY), ("vip", None)):
        upload = (
            Upload(name, kind="profile_id", expires_at=expires)
            if expires
            else Upload(name, kind="profile_id")
        )
        publish(settings, [Entry(1, "p1")], upload, "people.csv", AS_OF - 9 * DAY)
    write_scores(Home(settings.home), "churn", AS_OF - DAY, {"p1": 0.5})
    run = begin(settings, AS_OF, PEOPLE, lists={"picked": ["p1", "p1", "nobody"], "clean": ["p1"]})
    snapshots.publish(settings, run)
    (tmp_path / "definitions" / "segments").mkdir(parents=True)
    return settings.model_copy(update={"definitions": tmp_path / "definitions"})


def found(shop: Settings, who: str, name: str = "odd") -> list[Finding]:
    file = shop.definitions / "segments" / f"{name}.yml"
    file.write_text(f"who:\n{_indented(who)}\n", encoding="utf-8")
    return lint(shop, [file])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _all(*leaves: str) -> str:
    return "all:\n" + "\n".join(f"  - {leaf}" for leaf in leaves)


def _any(*leaves: str) -> str:
    return "any:\n" + "\n".join(f"  - {leaf}" for leaf in leaves)


SLIPS = {
    # contradictions, by the line of the later of the two
    _all("{attribute: order_count, at_least: 5}", "{attribute: order_count, at_most: 3}"): ("contradiction", 4),
    _all("{attribute: order_count, greater: 3}", "{attribute: order_count, less: 4}"): ("contradiction", 4),
    _all("{attribute: country, is: GB}", "{attribute: country, in: [DE, FR]}"): ("contradiction", 4),
    _all("{attribute: country, is: GB}", "{attribute: country, starts_with: D}"): ("contradiction", 4),
    _all("{attribute: country, missing: true}", "{attribute: country, is_not: GB}"): ("contradiction", 4),
    _all("{did: Page Viewed}", "none: [{did: Page Viewed}]"): ("contradiction", 4),
    _all("{did: Page Viewed, within: 7d}", "{did_not: Page Viewed, within: 30d}"): ("contradiction", 4),
    _all("{did_not: Page Viewed}", "{did: Page Viewed, within: 7d}"): ("contradiction", 4),
    _all("{list: vip}", "all: [none: [any: [{list: vip}]]]"): ("contradiction", 4),
    _all("{consent: m, channel: email, is: granted}", "{consent: m, channel: email, is: unknown}"):
        ("contradiction", 4),
    _all("{random_share: 0.1, salt: a}", "{random_share: 0.1, from: 0.1, salt: a}"): ("contradiction", 4),
    _all("{attribute: birthday, older_than: 30d}", "{attribute: birthday, within: 7d}"): ("contradiction", 4),
    "{attribute: order_count, between: [5, 3]}": ("contradiction", 1),
    "{event: Page Viewed, count: {less: 0}}": ("contradiction", 1),
    "{event: Page Viewed, days: {at_least: 20}, within: 14d}": ("contradiction", 1),
    "{event: Page Viewed, last: {at_least: '2030-01-01'}}": ("contradiction", 1),
    "{did: Order Completed, where: {total: {between: [5, 3]}}}": ("contradiction", 1),
    "{score: churn, between: [0.9, 0.1], fallback: {list: vip}}": ("contradiction", 1),
    _all("{list: vip}", "any:\n    - {attribute: is_bot, is: true}\n    - none: [{list: vip}]"):
        ("contradiction", 6),
    # always true
    "{event: Page Viewed, count: {at_least: 0}}": ("always_true", 1),
    _any("{attribute: country, missing: true}", "{attribute: country, missing: false}"): ("always_true", 4),
    _any("{did: Page Viewed}", "{did_not: Page Viewed}"): ("always_true", 4),
    # redundant
    _all("{attribute: order_count, at_least: 3}", "{attribute: order_count, at_least: 5}"): ("redundant", 3),
    _all("{list: vip}", "{list: vip}"): ("redundant", 4),
    _all("{attribute: country, is: GB}", "{attribute: country, is_not: DE}"): ("redundant", 4),
    _all("{attribute: country, is: GB}", "{attribute: country, starts_with: G}"): ("redundant", 4),
    _any("{attribute: order_count, at_least: 3}", "{attribute: order_count, at_least: 5}"): ("redundant", 4),
    "{attribute: country, in: [GB, DE, GB]}": ("redundant", 2),
    # names
    "{did: Order Complete}": ("unseen_event", 1),
    "{did: Order Completed, where: {totl: 5}}": ("unseen_property", 1),
    "{event: Order Completed, sum: {of: amount, at_least: 5}}": ("unseen_property", 1),
    "{score: ltv, at_least: 5, fallback: {list: vip}}": ("no_score", 1),
    "{list: gone}": ("empty_list", 1),
    "{did: Page Viewed, within: 60d}": ("beyond_history", 1),
    "{attribute: country, in: [" + ", ".join(f"c{n}" for n in range(10_001)) + "]}": ("costly", 1),
    "{attribute: country, is: \"\\u202eGB\"}": ("hidden_character", 2),
    "{attribute: country, is: 'GB '}": ("blank_edges", 2),
    # refused
    "{attribute: contry, is: GB}": ("refused", 2),
    "{list: nobodys}": ("refused", 2),
    "{segment: odd}": ("refused", 2),
    "{attribute: country, is: [}": ("refused", 2),
}  # fmt: skip


@pytest.mark.parametrize(("who", "expected"), SLIPS.items(), ids=[each[:70] for each in SLIPS])
def test_lint__finds_the_slip_at_its_line(shop: Settings, who: str, expected: tuple[str, int]) -> None:
    assert [(each.rule, each.line) for each in found(shop, who)] == [expected]


MEANT = [
    _all("{attribute: order_count, at_least: 3}", "{attribute: order_count, at_most: 3}"),
    _all("{attribute: order_amount, greater: 3}", "{attribute: order_amount, less: 4}"),
    _all("{attribute: country, contains: B}", "{attribute: country, is_not: GB}"),
    _all("{attribute: country, starts_with: G}", "{attribute: country, ends_with: B}"),
    _any("{attribute: country, contains: GB}", "{attribute: country, is: GB}"),
    _any("{attribute: country, is: GB}", "{attribute: country, is: DE}"),
    _any("{attribute: country, is_not: GB}", "{attribute: country, is: GB}"),
    _all("{did: Page Viewed}", "{did_not: Page Viewed, within: 7d}"),
    _all("{did: Page Viewed, within: 30d}", "{event: Page Viewed, count: {at_most: 3}, within: 7d}"),
    _all("{event: Page Viewed, last: {older_than: 2d}}", "{event: Page Viewed, last: {within: 30d}}"),
    "none: [{attribute: country, is: GB}, {attribute: country, is: DE}]",
    _all("{attribute: birthday, anniversary_within: 7d}", "{attribute: birthday, older_than: 30d}"),
    _all("{list: vip}", "{segment: picked}", "{segment: clean}"),
    _any("all: [{list: vip}, {did: Page Viewed}]", "all: [none: [{list: vip}], {attribute: is_bot, is: true}]"),
    "{score: churn, top_percent: 10, fallback: {list: vip}}",
    _all("{random_share: 0.1, salt: a}", "{random_share: 0.1, from: 0.1, salt: b}"),
    "{event: Order Completed, count: {at_least: 1}, in_each: 7d, periods: 4}",
    "{event: Order Completed, average: {of: total, between: [3, 5]}, within: 30d}",
]  # fmt: skip


@pytest.mark.parametrize("who", MEANT)
def test_lint__leaves_alone_what_is_meant(shop: Settings, who: str) -> None:
    assert found(shop, who) == []


def test_lint__of_all_counts_what_analysts_list_in_vain_and_notes_what_nobody_uses(shop: Settings) -> None:
    folder = shop.definitions / "segments"
    (folder / "used.yml").write_text("who: {list: vip}")
    (folder / "user.yml").write_text("who: {segment: used}")
    told = [(Path(each.file).name, each.rule, each.severity.value) for each in lint(shop)]
    assert told == [
        ("user.yml", "unused", "note"),
        ("seg_picked.sql", "repeated_ids", "warning"),
        ("seg_picked.sql", "unknown_ids", "warning"),
    ]


def test_lint__goes_on_after_a_file_that_is_refused(shop: Settings) -> None:
    folder = shop.definitions / "segments"
    (folder / "a.yml").write_text("who: {list: [}")
    (folder / "b.yml").write_text("who: {attribute: contry, is: GB}")
    (folder / "c.yml").write_text("name: b\nwho: {list: vip}")
    (folder / "picked.yml").write_text("who: {list: vip}")
    told = [(Path(each.file).name, each.line) for each in lint(shop) if each.severity is Severity.ERROR]
    assert told == [("a.yml", 1), ("b.yml", 1), ("c.yml", 1), ("picked.yml", 1)]


def test_lint__says_that_without_a_snapshot_it_looked_nothing_up(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "odd.yml"
    file.write_text("who: {attribute: anything, is: GB}")
    assert [each.rule for each in lint(settings, [file])] == ["no_snapshot"]


@pytest.mark.parametrize(
    ("who", "options", "code"),
    [
        ("{attribute: order_count, between: [5, 3]}", [], 1),
        ("{did: Order Complete}", [], 0),
        ("{did: Order Complete}", ["--strict"], 1),
        ("{did: Page Viewed}", ["--strict"], 0),
    ],
)
def test_command__fails_on_errors_and_on_warnings_if_strict(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, who: str, options: list[str], code: int
) -> None:
    monkeypatch.setattr("kith.settings.load_settings", lambda: shop)
    file = shop.definitions / "segments" / "odd.yml"
    file.write_text(f"who: {who}")
    done = CliRunner().invoke(command, ["lint", str(file), "--format", "json", *options])
    assert done.exit_code == code
    rows = json.loads(done.stdout)
    assert [row["line"] for row in rows] == [1] * len(rows)
    assert len(rows) == ("Page" not in who)
    plain = CliRunner().invoke(command, ["lint", str(file)])
    assert [f"{file}:1: who" in line for line in plain.stdout.splitlines()] == [True] * len(rows)

"""Campaign files: what is shipped is right, and each mistake is told by file, line and field."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from activation.journeys.campaign import Campaign
from activation.journeys.campaign_graph import compile_campaign
from activation.journeys.commands import journeys
from activation.journeys.graph import LaunchEntry, Message
from activation.journeys.linting import lint
from activation.journeys.programme import load_programme
from activation.rendering import load_template, render
from kith.definitions import load_definition
from kith.errors import KithError
from kith.settings import Settings


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "definitions"
    copytree(settings.definitions, folder)
    return settings.model_copy(update={"definitions": folder})


def winback(settings: Settings) -> Path:
    return settings.definitions / "campaigns" / "winback.yml"


def test_winback__its_launch_is_local_to_the_workspace(settings: Settings) -> None:
    graph = compile_campaign(load_definition(winback(settings), Campaign), "Europe/Berlin")
    launch = int(datetime(2026, 5, 1, 6, tzinfo=UTC).timestamp()) * 1_000_000
    assert graph.entry == LaunchEntry("churn_risk", launch, launch + 24 * 3_600_000_000)


def test_definitions__as_shipped_lint_clean(settings: Settings) -> None:
    assert lint(settings) == []


def test_definitions__of_playbooks_are_drafts(settings: Settings) -> None:
    programme = load_programme(settings)
    live = {each.name for each in programme.definitions if each.body.state == "live"}
    assert live == {"cart_text", "new_in_push", "winback"}
    assert len(programme.definitions) == 3 + 16


def test_templates__as_shipped_render_for_people_of_whom_nothing_is_known(settings: Settings) -> None:
    notices = _notices(settings)
    for folder in sorted((settings.definitions / "templates").iterdir()):
        template = load_template(folder)
        for locale in sorted(template.locales):
            known: dict[str, object] = {"unsubscribe_url": "https://u.example", "profile": {}}
            if "sms.txt" in template.files:
                text = render(template, known, locale, "sms").text
                assert "STOP" in text or folder.name in notices
                assert len(text) <= 160, "one part of a text"
            if "body.html" not in template.files:
                continue
            seen = render(template, known, locale)
            assert seen.subject
            if folder.name not in notices:
                asked = "unsubscribe_url" in template.variant(locale).needs.names
                out = "https://u.example" if asked else "STOP"
                assert out in seen.html
                assert out in seen.text


def _notices(settings: Settings) -> set[str]:
    """Templates that nothing sends for marketing: a receipt has nothing to unsubscribe from."""
    sent: dict[bool, set[str]] = {True: set(), False: set()}
    for graph in load_programme(settings).graphs.values():
        for node in graph.nodes:
            if isinstance(node, Message):
                sent[node.is_transactional].add(node.template)
    return sent[True] - sent[False]


def test_templates__as_shipped_speak_german_too(settings: Settings) -> None:
    for folder in sorted((settings.definitions / "templates").iterdir()):
        if folder.name not in {"new_in", "help"}:
            texts = {path.name for path in folder.iterdir() if path.is_file()} - {"template.yml"}
            assert {path.name for path in (folder / "de").iterdir()} == texts, folder.name


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("to: churn_risk", "to: Churn Risk", 5, "to"),
        ("to: churn_risk\n", "", 1, "to"),
        ("launch_at: 2026-05-01T08:00", "launch_at: tomorrow", 6, "launch_at"),
        ("launch_at: 2026-05-01T08:00", "launch_at: 2026-13-01", 6, "launch_at"),
        ("window: 24h", "window: 1 day", 7, "window"),
        ("window: 24h", "window: 0s", 7, "window"),
        ("window: 24h", "window: 24", 7, "window"),
        ("state: live", "state: on", 3, "state"),
        ("by: email", "by: pigeon", 10, "by"),
        ("purpose: marketing", "purpose: spam", 11, "purpose"),
        ("expires_after: 48h", "expires_after: 0h", 12, "expires_after"),
        ("holdout: 10%", "holdout: 110%", 14, "holdout"),
        ("holdout: 10%", "holdout: -1%", 14, "holdout"),
        ("holdout: 10%", "holdout: some", 14, "holdout"),
        ("holdout: 10%", "holdout: 0%", 14, "holdout"),
        ("holdout: 10%\n", "", 1, "holdout"),
        ("caps: [marketing]", "caps: [nonsense]", 15, "caps[0]"),
        ("send: winback_offer", "send: winback_ofer", 9, "send"),
        ("  within: 7d", "  within: soon", 19, "goal.within"),
        ("  within: 7d", "  inside: 7d", 19, "goal.inside"),
        ("goal:", "gaol:", 17, "gaol"),
        ("name: winback", "name: win back", 1, "name"),
        ("window: 24h", "window: 24h\nwindow: 2h", 8, "window"),
    ],
)
def test_definition__a_mistake_is_told_by_file_line_and_field(
    own: Settings, old: str, new: str, line: int, field: str
) -> None:
    path = winback(own)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(KithError) as raised:
        load_programme(own)
    assert raised.value.where == f"{path}:{line}: {field}"
    assert any(finding.where == raised.value.where for finding in lint(own))


def test_lint__tells_everything_at_once(own: Settings) -> None:
    path = winback(own)
    path.write_text(path.read_text().replace("to: churn_risk", "to: nobody").replace("[marketing]", "[x, y]"))
    text = own.definitions / "templates" / "winback_offer" / "body.txt"
    text.write_text("Hello {{ nobody_supplies_this }}")
    german = own.definitions / "templates" / "winback_offer" / "de" / "body.txt"
    german.write_text("Hallo")
    (own.definitions / "campaigns" / "broken.yml").write_text("name: [")
    told = {(Path(each.where.partition(":")[0]).name, each.problem) for each in lint(own)}
    assert told >= {
        ("winback.yml", "there is no segment nobody"),
        ("winback.yml", "there is no cap x"),
        ("winback.yml", "there is no cap y"),
        ("winback_offer", "needs the variable nobody_supplies_this, which nobody supplies"),
        ("body.txt", "has no unsubscribe link"),
    }
    assert any(name == "broken.yml" for name, _ in told)
    assert sum(problem == "has no unsubscribe link" for _, problem in told) == 1
    assert sum(each.problem == "has no unsubscribe link" for each in lint(own)) == 2


def test_lint__a_template_s_syntax_error_has_its_file_and_line(own: Settings) -> None:
    (own.definitions / "templates" / "winback_offer" / "body.txt").write_text("one\n{% if %}\n")
    (finding, *_) = lint(own)
    assert "body.txt:2" in finding.where


def test_commands__print_json_and_fail_with_one(
    own: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    runner = CliRunner()
    listed = runner.invoke(journeys, ["list", "--format", "json"])
    shown = {each["name"]: each["state"] for each in json.loads(listed.output)}
    assert {name for name, state in shown.items() if state == "live"} == {
        "cart_text",
        "new_in_push",
        "winback",
    }
    assert shown["abandoned_cart"] == "draft"
    assert json.loads(runner.invoke(journeys, ["status", "--format", "json"]).output) == []
    assert runner.invoke(journeys, ["lint", "--format", "json"]).exit_code == 0
    unknown = runner.invoke(journeys, ["status", "nowhere"])
    assert isinstance(unknown.exception, KithError)
    monkeypatch.setenv("KITH_DEFINITIONS", str(own.definitions))
    winback(own).write_text("name: winback")
    broken = runner.invoke(journeys, ["lint"])
    assert isinstance(broken.exception, KithError)

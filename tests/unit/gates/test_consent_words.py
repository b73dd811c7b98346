"""The definition of words about consent: read, checked, landed for the warehouse once per version."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from activation.gates._landing import land_words
from activation.gates._words import load_identifiers, load_words
from kith.errors import KithError
from kith.lake import Home, commits
from kith.run import begin_run
from kith.settings import Settings, load_settings

SMALL = "purposes: [m]\nchannels: [email]\nevents: {Consent Updated: {}}\n"


@pytest.fixture
def workspace(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose definitions are the test's own: none yet."""
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    return load_settings()


def write(settings: Settings, text: str) -> None:
    folder = settings.definitions / "consent"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "words.yml").write_text(text, encoding="utf-8")


def landed(settings: Settings) -> list[str]:
    files = [each.table("consent") for each in commits(Home(settings.home), "definitions")]
    return [version for file in files for version in pq.read_table(file)["version"].to_pylist()]


def test_words__land_once_per_version(workspace: Settings, clock) -> None:
    run = begin_run(workspace, clock)
    assert [land_words(workspace, run) for _ in range(2)] == [1, 0]
    shipped = load_words(workspace).version
    write(workspace, SMALL)
    assert [land_words(workspace, run) for _ in range(2)] == [1, 0]
    assert landed(workspace) == [shipped, load_words(workspace).version]
    assert load_words(workspace).body.events.keys() == {"Consent Updated"}


def test_words__all_stands_for_every_purpose_and_channel() -> None:
    words = load_words(load_settings()).body
    assert set(words.matters("all", "sms")) == {(purpose, "sms") for purpose in words.purposes}
    assert set(words.matters("unheard of", "all")) == {("unheard of", channel) for channel in words.channels}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (SMALL.replace("{}", "{status: perhaps}"), "words.yml:3: events.Consent Updated.status"),
        (SMALL.replace("purposes: [m]", "purposes: []"), "words.yml:1: purposes"),
        (SMALL + "categories: {Ads: [{purpose: m}]}\n", "words.yml:4: categories.Ads.0.channel"),
    ],
)
def test_words__a_mistake_is_named_by_line_and_field(workspace: Settings, text: str, complaint: str) -> None:
    write(workspace, text)
    with pytest.raises(KithError) as caught:
        load_words(workspace)
    assert complaint in str(caught.value).replace("[", ".").replace("]", "")


def test_identifiers__what_identity_blocks_holds_no_word() -> None:
    known = load_identifiers(load_settings())
    assert known.holds("u1")
    assert not any(known.holds(value) for value in ("", "NULL", "-1", "000-0", "x" * 256))

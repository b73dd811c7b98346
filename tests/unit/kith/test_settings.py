"""Settings: a wrong or missing one is named; only the kernel reads the environment."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kith.clock import VirtualClock, system_clock
from kith.errors import KithError
from kith.log import mask
from kith.settings import PROJECT, Section, Settings, load_settings, read_section


class Mail(Section, prefix="KITH_MAILTEST_"):
    host: str
    port: int = 25


def test_read_section__names_what_is_missing() -> None:
    with pytest.raises(KithError, match=r"KITH_MAILTEST_HOST is not set; see \.env\.example"):
        read_section(Mail)


def test_read_section__names_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_MAILTEST_HOST", "localhost")
    monkeypatch.setenv("KITH_MAILTEST_PORT", "many")
    with pytest.raises(KithError, match="KITH_MAILTEST_PORT is 'many'"):
        read_section(Mail)


@pytest.mark.parametrize(
    ("name", "value"), [("ZONE", "Mars/Olympus"), ("CLOCK", "sundial"), ("LATENESS", "soon")]
)
def test_load_settings__names_a_wrong_one(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"KITH_{name}", value)
    with pytest.raises(KithError, match=f"KITH_{name} is '{value}'"):
        load_settings()


def test_load_settings__reads_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_LATENESS", "90")
    assert load_settings().lateness == timedelta(seconds=90)


def test_virtual_clock__must_have_been_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    clock = system_clock(load_settings())
    assert isinstance(clock, VirtualClock)
    with pytest.raises(KithError, match="never set"):
        clock.now()


def test_env_example__lists_every_setting_of_the_kernel() -> None:
    listed = set(re.findall(r"^# (KITH_[A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert {"KITH_" + field.upper() for field in Settings.model_fields} <= listed


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mail to jo.bloggs+x@example.com bounced", "mail to <address> bounced"),
        ("call +44 20 7946 0018 now", "call <phone> now"),
        ("password=hunter2 user=x", "password=*** user=x"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("id 1234567890123456", "id 1234567890123456"),
    ],
)
def test_mask__hides_addresses_and_secrets(said: str, kept: str) -> None:
    assert mask(said) == kept


def test_settings__are_absolute_whatever_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KITH_HOME", raising=False)
    settings = load_settings()
    assert settings.home.is_absolute()
    assert settings.clock_file.is_absolute()
    assert str(settings.home) in settings.state_url


def test_settings__of_a_home_yield_to_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "settings.env").write_text(
        "# the sandbox's\nKITH_CLOCK=virtual\nKITH_ZONE='Europe/London'\n"
    )
    assert (load_settings().clock, load_settings().zone) == ("virtual", "Europe/London")
    monkeypatch.setenv("KITH_ZONE", "Asia/Tokyo")
    assert load_settings().zone == "Asia/Tokyo"


def test_settings__of_another_home_do_not_stay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.home / "settings.env").write_text("KITH_CLOCK=virtual\n")
    assert load_settings().clock == "virtual"
    monkeypatch.setenv("KITH_HOME", str(settings.home.parent / "other"))
    assert load_settings().clock == "wall"


def test_settings__name_the_line_that_is_none(settings: Settings) -> None:
    (settings.home / "settings.env").write_text("KITH_CLOCK=wall\nKITH_ZONE\n")
    with pytest.raises(KithError, match=r"settings\.env:2: not a setting: 'KITH_ZONE'; expected NAME=value"):
        load_settings()

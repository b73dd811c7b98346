"""A delivery world over a fresh home."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kith.settings import Settings, load_settings
from tests.integration.delivery.delivery_world import Sink, smtp_sink


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose definitions are the test's own."""
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    monkeypatch.setenv("KITH_SMTP_SENDER", "hello@kith.example")
    return load_settings()


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A running SMTP server that the settings point to."""
    with smtp_sink(tmp_path) as running:
        monkeypatch.setenv("KITH_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("KITH_SMTP_PORT", str(running.port))
        yield running

"""Fixtures of every test: a fresh home, its settings, a clock that the test sets."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kith.clock import FixedClock
from kith.init import initialise
from kith.lake import Home
from kith.settings import PROJECT, Settings, load_settings

START = datetime(2026, 5, 1, 8, 0, 30, tzinfo=UTC)


def pytest_configure() -> None:
    """No test reads the home that happens to lie in the working folder, such as the demo's."""
    os.environ["KITH_HOME"] = tempfile.mkdtemp(prefix="kith-tests-")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings over a freshly laid out home."""
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "home"))
    found = load_settings()
    initialise(found)
    return found


@pytest.fixture
def home(settings: Settings) -> Home:
    return Home(settings.home)


@pytest.fixture
def clock() -> FixedClock:
    """Half a minute past launch: a run begun now has as_of 2026-05-01T08:00Z."""
    return FixedClock(START)


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes of passwords as cheap as the library lets them be, for tests of who gets in."""
    from argon2 import PasswordHasher

    from kith.accounts import passwords

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords.nobody.cache_clear()
    yield
    passwords.nobody.cache_clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data (../shared/data) is not beside this checkout")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--count", type=int, default=None, help="how often a battery test (-m soak) strikes")
    parser.addoption("--seed", type=int, default=1, help="the seed of battery tests")


@pytest.fixture
def strikes(request: pytest.FixtureRequest) -> int | None:
    """How many kills or faults were asked for; None means the test's own full count."""
    return request.config.getoption("--count")


@pytest.fixture
def in_full(strikes: int | None) -> None:
    """For a test that knows no smaller count: a sample of what it proves is among the plain tests."""
    if strikes is not None:
        pytest.skip("only in full, by 'make soak'")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--seed")

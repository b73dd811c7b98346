"""Typed settings: the only module that reads the environment.

Every variable is listed in `.env.example`. Rooms declare their own sections:

    class SmtpSettings(Section, prefix="KITH_SMTP_"):
        host: str
        port: int = 25

    smtp = read_section(SmtpSettings)     # KithError: KITH_SMTP_HOST is not set; see .env.example
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from kith.errors import KithError

PROJECT = Path(__file__).resolve().parent.parent
HOME_SETTINGS = "settings.env"

#: Libraries that would report home are told not to, before any of them is imported.
SILENCE = {
    "DO_NOT_TRACK": "true",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "GX_ANALYTICS_ENABLED": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}


class Section(BaseModel):
    """Settings of one room, read from variables that begin with its prefix."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    prefix: ClassVar[str] = "KITH_"

    def __init_subclass__(cls, prefix: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if prefix is not None:
            cls.prefix = prefix


class Settings(Section):
    """What every room needs to know. Paths are absolute; `lateness` is L of the time rules."""

    home: Path = Path("data")
    definitions: Path = PROJECT / "activation" / "definitions"
    zone: str = "UTC"
    lateness: timedelta = Field(default=timedelta(seconds=30), description="L, in seconds")
    clock: Literal["wall", "virtual"] = "wall"
    clock_file: Path = Path()
    state_url: str = ""
    public_url: str = "http://127.0.0.1:8300"
    snapshots_kept: int = Field(default=3, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    threads: int = Field(default=2, ge=1)
    memory_limit: str = "8GB"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"'{name}' is not a zone of the IANA database, such as Europe/London") from error
        return name

    @field_validator("lateness", mode="before")
    @classmethod
    def _seconds(cls, value: Any) -> Any:
        return float(value) if isinstance(value, str) else value

    @field_validator("home", "definitions")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    def model_post_init(self, _context: Any) -> None:
        if self.clock_file == Path():
            object.__setattr__(self, "clock_file", self.home / "clock")
        if not self.state_url:
            object.__setattr__(self, "state_url", f"sqlite:///{self.home / 'state.db'}")

    @property
    def project(self) -> Path:
        """The checkout that this code runs from."""
        return PROJECT

    @property
    def secret(self) -> bytes:
        """The signing key of links: KITH_SECRET, or the file that `kith init` made."""
        if given := environment().get("KITH_SECRET"):
            return given.encode()
        file = self.home / "secret.key"
        if not file.exists():
            raise KithError("no signing key", where=str(file), way_out="run 'kith init' or set KITH_SECRET")
        return file.read_bytes().strip()


SectionType = TypeVar("SectionType", bound=Section)


def read_section(section: type[SectionType], **given: Any) -> SectionType:
    """Read a section from the environment; `given` values win. A wrong or missing one is named."""
    names = {field: section.prefix + field.upper() for field in section.model_fields}
    told = environment()
    found = {field: told[name] for field, name in names.items() if told.get(name)}
    try:
        return section(**{**found, **given})
    except ValidationError as error:
        raise _named(error, names) from None


def _named(error: ValidationError, names: dict[str, str]) -> KithError:
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    name = names.get(field, field)
    if first["type"] == "missing":
        return KithError(f"{name} is not set", way_out="see .env.example")
    return KithError(
        f"{name} is {first.get('input')!r}: {first['msg']}", way_out="see .env.example", where="settings"
    )


def load_settings(**given: Any) -> Settings:
    """The settings of this process: the environment, then the files of `environment()`, then defaults."""
    for name, value in SILENCE.items():
        os.environ.setdefault(name, value)
    return read_section(Settings, **given)


def environment() -> Mapping[str, str]:
    """What is set: the environment wins over the project's `.env`, that over the home's own `settings.env`.

    A home that belongs to a sandbox says there which clock it lives by.
    """
    told = {**_read_env_file(PROJECT / ".env"), **os.environ}
    home = Path(told.get("KITH_HOME") or "data").expanduser()
    return {**_read_env_file(home / HOME_SETTINGS), **told}


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a child process, with `extra` variables on top."""
    return {**os.environ, **SILENCE, **extra}


def export_environment(**values: str) -> None:
    """Set variables for libraries that can be told no other way (dbt reads its paths from there)."""
    os.environ.update(values)


def _read_env_file(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.partition("=")
        if not sign:
            raise KithError(f"not a setting: {text!r}", where=f"{path}:{number}", expected="NAME=value")
        found[name.strip()] = value.strip().strip("'\"")
    return found

"""Settings of the sandbox, and the one place that knows where the hidden truth lies.

The truth lies beside KITH_HOME, never inside it: `./data` has `./.sandbox`, any other home `<home>-sandbox`.
The platform's own processes are started without any of these variables and never need them.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from kith.settings import Section, load_settings, read_section


class SandboxSettings(Section, prefix="SANDBOX_"):
    """How large the test world is, where its truth lies, and how its mailbox providers behave."""

    home: Path = Path()
    seed: int = Field(default=7, ge=0)
    people: int = Field(default=10_000, ge=10)
    days: int = Field(default=120, ge=2)
    live_days: int = Field(default=7, ge=0)
    vocabulary: str = Field(default="commerce", description="the trade: commerce, finance, media, travel")
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=2525, ge=0, le=65_535, description="0 takes a free port")
    http_port: int = Field(default=2580, ge=0, le=65_535, description="of the vendors; 0 takes a free one")
    latency: float = Field(default=0.0, ge=0.0, description="seconds before each answer of the mail server")
    platform_prefix: str = Field(default="", description="words before each command of the platform")
    drop_after_dot: float = Field(
        default=0.0, ge=0.0, le=1.0, description="share of mails kept, then no answer"
    )

    @property
    def truth(self) -> Path:
        """Parquet and JSON that tell who is who and why people do what they do."""
        return self.home / "truth"

    @property
    def mail(self) -> Path:
        """Every mail the providers took, one `.eml` each."""
        return self.home / "mail"

    @property
    def vendors(self) -> Path:
        """What took effect at each vendor that is reached over HTTP."""
        return self.home / "vendors"

    @property
    def state(self) -> Path:
        """Where the world stands, so that it can live on."""
        return self.home / "state"


#: The variables that no platform process may see.
VARIABLES = tuple(SandboxSettings.prefix + field.upper() for field in SandboxSettings.model_fields)


def load_sandbox_settings(**given: object) -> SandboxSettings:
    """The sandbox's settings; `given` values that are not None win over the environment."""
    settings = read_section(
        SandboxSettings, **{name: value for name, value in given.items() if value is not None}
    )
    if settings.home == Path():
        home = load_settings().home
        beside = ".sandbox" if home.name == "data" else f"{home.name}-sandbox"
        return settings.model_copy(update={"home": home.with_name(beside)})
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})

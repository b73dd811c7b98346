"""The vendors as a service of `kith up`."""

from __future__ import annotations

import sys

from kith.service import Service
from kith.settings import Settings
from sandbox.settings import load_sandbox_settings


def _command(_settings: Settings) -> list[str]:
    return [sys.executable, "-m", "kith.cli.main", "sandbox", "vendors"]


def _url() -> str:
    sandbox = load_sandbox_settings()
    return f"smtp://{sandbox.smtp_host}:{sandbox.smtp_port}"


SERVICE = Service("sandbox", "Sandbox vendors (SMTP, HTTP)", _command, _url(), order=50)

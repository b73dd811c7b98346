"""`kith up`: a service answers while it is up, and nothing of it is left when it is stopped."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from kith.settings import Settings


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_up__starts_the_api_and_takes_it_along(settings: Settings) -> None:
    if not is_free(8300):
        pytest.skip("something else listens on port 8300")
    child = subprocess.Popen(
        [sys.executable, "-m", "kith.cli.main", "up", "--only", "api", "--format", "json"],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    text = b""
    while b"]" not in text:
        text += child.stdout.readline()
    assert b'"ready"' in text
    with urllib.request.urlopen("http://127.0.0.1:8300/health", timeout=5) as answer:
        assert answer.status == 200
    child.send_signal(signal.SIGTERM)
    child.wait(timeout=20)
    deadline = time.monotonic() + 5
    while not is_free(8300) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert is_free(8300), "the service outlived `kith up`"


def test_up__names_the_services_there_are(settings: Settings) -> None:
    command = [sys.executable, "-m", "kith.cli.main", "up", "--only", "teapot"]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 1
    assert "no service named teapot; expected dagster, api, dashboards, mlflow, sandbox" in child.stderr

"""`kith up`: start every service on loopback, say where they are, stop them together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from importlib.metadata import entry_points
from urllib.parse import urlsplit

import click

from kith.cli.output import Output, with_output
from kith.errors import KithError
from kith.service import Service
from kith.settings import Settings, child_environment, load_settings

READY_SECONDS = 90


def declared_services() -> list[Service]:
    """The services of all rooms, in the order in which they start."""
    found: list[Service] = []
    for point in entry_points(group="kith.services"):
        declared = point.load()
        found.extend([declared] if isinstance(declared, Service) else declared)
    return sorted(found, key=lambda service: (service.order, service.name))


@click.command()
@click.option("--only", multiple=True, help="Start these services alone.")
@with_output()
def up(out: Output, only: tuple[str, ...]) -> None:
    """Start the Dagster UI, dashboards, API, MLflow and the sandbox vendors; Ctrl-C stops them all."""
    from kith.init import initialise

    settings = load_settings()
    initialise(settings)
    services = [service for service in declared_services() if not only or service.name in only]
    if not services:
        known = ", ".join(service.name for service in declared_services())
        raise KithError(f"no service named {', '.join(only)}", expected=known)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however we are stopped, the children go too
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for service in services:
            children[service.name] = _start(settings, service)
        out.rows([_report(service, children[service.name]) for service in services], title="Kith is up")
        _watch(children)
    finally:
        for child in children.values():
            _signal(child, signal.SIGTERM)
        for child in children.values():
            _reap(child)


def _start(settings: Settings, service: Service) -> subprocess.Popen[bytes]:
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = child_environment(KITH_HOME=str(settings.home), **service.environment)
    with open(logs / f"{service.name}.log", "ab") as log:
        return subprocess.Popen(
            service.command(settings),
            env=environment,
            stdout=log,
            stderr=log,
            cwd=settings.project,
            start_new_session=True,
        )


def _report(service: Service, child: subprocess.Popen[bytes]) -> dict[str, str]:
    ready = _await(service, child)
    return {
        "service": service.title,
        "address": "{0.scheme}://{0.netloc}".format(urlsplit(service.url)),
        "state": "ready" if ready else "not ready, see the log",
    }


def _await(service: Service, child: subprocess.Popen[bytes]) -> bool:
    if not service.url.startswith("http"):
        return child.poll() is None
    for _attempt in range(READY_SECONDS * 2):
        if child.poll() is not None:
            return False
        if _answers(service.url):
            return True
        time.sleep(0.5)
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own services' addresses
            return answer.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _watch(children: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                raise KithError(
                    f"{name} stopped with code {child.returncode}", way_out=f"see logs/{name}.log"
                )
        time.sleep(1)


def _reap(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=10)
    _signal(child, signal.SIGKILL)  # and whatever it left behind


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To the child's whole group: a service may have children of its own."""
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return

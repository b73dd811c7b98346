"""An unsubscribe holds for the next send, whoever is sending at that moment."""

import subprocess
import sys
import time
from dataclasses import replace

import httpx
import pytest

from activation.delivery.lines import Lines
from activation.delivery.links import LinkSigner
from activation.delivery.vendors import channels
from activation.delivery.worker import deliver
from kith.settings import child_environment
from tests.integration.delivery.delivery_world import (
    Sink,
    consent_event,
    grant,
    land,
    ledger_rows,
    outcomes,
    plan,
    smtp_sink,
)


def _people(count: int) -> list[str]:
    return [f"p{n}@shop.example" for n in range(count)]


def test_unsubscribe__in_the_middle_of_a_batch_is_honoured_for_the_next_send(world, clock, sink, monkeypatch):
    planned = plan(world, _people(40), clock.now())
    grant(world, clock, _people(40))
    sent: list[str] = []
    smtp = channels()["email"]["smtp"]
    monkeypatch.setitem(smtp.__dict__, "capabilities", replace(smtp.capabilities, batch_size=5))
    original = Lines._send

    def send_and_withdraw(self, line, requests):
        answers = original(self, line, requests)
        sent.extend(request.message_id for request in requests)
        if len(sent) == 10:  # everybody withdraws, into an open segment that nobody sealed
            land(world, clock, [consent_event(person, "withdrawn", clock.now()) for person in _people(40)])
        return answers

    monkeypatch.setattr(Lines, "_send", send_and_withdraw)
    counts = deliver(world, clock, wait=lambda _seconds: None)
    assert (counts.accepted, counts.suppressed) == (10, 30)
    assert len(sink.mails()) == 10
    assert len(planned) == 40


@pytest.fixture
def gated_sink(tmp_path, monkeypatch):
    """Takes mails, and answers none until the gate is open: there is all the time to change one's mind."""
    gate = tmp_path / "open"
    with smtp_sink(tmp_path, gate) as running:
        monkeypatch.setenv("KITH_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("KITH_SMTP_PORT", str(running.port))
        yield running, gate


def test_unsubscribe__over_http_while_a_worker_sends(world, clock, gated_sink):
    people, (sink, gate) = _people(240), gated_sink
    plan(world, people, clock.now())
    grant(world, clock, people)
    (world.home / "clock").write_text(clock.now().isoformat())
    environment = child_environment(KITH_CLOCK="virtual", KITH_SMTP_TIMEOUT="600")
    kith = [sys.executable, "-m", "kith.cli.main"]
    port = 18300 + time.monotonic_ns() % 1000
    api = subprocess.Popen([*kith, "serve", "--port", str(port)], env=environment)
    sender = None
    try:
        _await(port)
        _load_only(world, clock)
        sender = subprocess.Popen(
            [*kith, "deliver", "--until-empty"], env=environment, stdout=subprocess.DEVNULL
        )
        withdrawn = _not_handed_over(world, sink)[:40]
        _withdraw(world, port, withdrawn)
        gate.touch()
        assert sender.wait(240) == 0
    finally:
        for process in (api, sender):
            if process is not None:
                process.kill()
                process.wait()
    rows, sent = ledger_rows(world), sink.counts()
    assert len(withdrawn) == 40
    assert not set(withdrawn) & set(sent)
    assert {rows[message].outcome for message in withdrawn} == {"suppressed"}
    assert (len(sent), set(sent.values())) == (200, {1})


def _not_handed_over(world, sink: Sink) -> list[str]:
    """Messages that have no mark while the first hand-over waits for its answers. Nothing moves until the gate opens."""
    until = time.monotonic() + 120
    while not sink.mails() and time.monotonic() < until:
        time.sleep(0.05)
    assert sink.mails()
    marked = {message for message, row in ledger_rows(world).items() if row.state == "sending"}
    assert set(sink.counts()) <= marked
    return sorted(ledger_rows(world).keys() - marked)


def _withdraw(world, port: int, messages: list[str]) -> None:
    """Follow the one-click links of messages; each has its yes."""
    signer = LinkSigner(world.secret, f"http://127.0.0.1:{port}")
    for message in messages:
        answer = httpx.post(
            signer.unsubscribe_url(message), data={"List-Unsubscribe": "One-Click"}, timeout=60
        )
        assert answer.status_code == 200


def _load_only(world, clock) -> None:
    from activation.delivery import interventions

    interventions.pause(world, "*", clock.now())
    deliver(world, clock)
    interventions.resume(world, "*")
    assert outcomes(world)["pending"] == 240


def _await(port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the API did not start")

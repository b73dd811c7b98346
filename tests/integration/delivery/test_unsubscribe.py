"""An unsubscribe holds for the next send, whoever is sending at that moment."""

import subprocess
import sys
import time
from dataclasses import replace

import httpx
import pytest

from activation.delivery.handover import Handover
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
    original = Handover._send

    def send_and_withdraw(self, requests):
        answers = original(self, requests)
        sent.extend(request.message_id for request in requests)
        if len(sent) == 10:  # everybody withdraws, into an open segment that nobody sealed
            land(world, clock, [consent_event(person, "withdrawn", clock.now()) for person in _people(40)])
        return answers

    monkeypatch.setattr(Handover, "_send", send_and_withdraw)
    counts = deliver(world, clock, wait=lambda _seconds: None)
    assert (counts.accepted, counts.suppressed) == (10, 30)
    assert len(sink.mails()) == 10
    assert len(planned) == 40


@pytest.fixture
def slow_sink(tmp_path, monkeypatch):
    """Takes a mail in 30 ms, so that there is time to change one's mind."""
    with smtp_sink(tmp_path, delay=0.03) as running:
        monkeypatch.setenv("KITH_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("KITH_SMTP_PORT", str(running.port))
        yield running


def test_unsubscribe__over_http_while_a_worker_sends(world, clock, slow_sink):
    people = _people(240)
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    (world.home / "clock").write_text(clock.now().isoformat())
    environment = child_environment(KITH_CLOCK="virtual")
    kith = [sys.executable, "-m", "kith.cli.main"]
    port = 18300 + time.monotonic_ns() % 1000
    api = subprocess.Popen([*kith, "serve", "--port", str(port)], env=environment)
    try:
        _await(port)
        _load_only(world, clock)
        sender = subprocess.Popen(
            [*kith, "deliver", "--until-empty"], env=environment, stdout=subprocess.DEVNULL
        )
        while not slow_sink.mails():
            time.sleep(0.005)
        withdrawn = _withdraw(world, port, sorted(planned)[-40:], slow_sink)
        assert sender.wait(120) == 0
    finally:
        api.kill()
        api.wait()
    # The last forty are in the third window: what is on its way when somebody says no is in an earlier one.
    assert len(withdrawn & set(slow_sink.counts())) <= 1
    rows = ledger_rows(world)
    assert sum(rows[message].outcome == "suppressed" for message in withdrawn) >= len(withdrawn) - 1
    print(f"unsubscribed while sending, and never sent: {len(withdrawn - set(slow_sink.counts()))}")
    assert len(withdrawn) > 10


def _withdraw(world, port: int, messages: list[str], sink: Sink) -> set[str]:
    """Follow the one-click links of messages; answers those not sent by the time of the yes."""
    signer, withdrawn = LinkSigner(world.secret, f"http://127.0.0.1:{port}"), set()
    for message in reversed(messages):
        answer = httpx.post(signer.unsubscribe_url(message), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        if message not in sink.counts():
            withdrawn.add(message)
    return withdrawn


def _load_only(world, clock) -> None:
    from activation.delivery import interventions

    interventions.pause(world, "*", clock.now())
    deliver(world, clock)
    interventions.resume(world, "*")
    assert outcomes(world)["pending"] == 240


def _await(port: int) -> None:
    for _ in range(200):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the API did not start")

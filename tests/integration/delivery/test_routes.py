"""A worker with several vendors: the next one only where nothing was taken, the next channel where nobody is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Reason,
    Request,
    Status,
    WhenUnknown,
)
from activation.delivery import vendors
from activation.delivery.worker import deliver
from tests.integration.delivery.delivery_world import grant, ledger_rows, plan

MAIL = Capabilities(frozenset({"text", "html"}), batch_size=10)
PEOPLE = [f"p{number}@shop.example" for number in range(30)]


@dataclass
class Vendor:
    """Answers each request as told, and remembers what it took."""

    channel: str
    provider: str
    answer: Callable[[Request], Status] = lambda _request: Status.ACCEPTED
    is_down: bool = False
    capabilities: Capabilities = MAIL
    taken: list[str] = field(default_factory=list)

    def open(self) -> None:
        if self.is_down:
            raise ChannelDown(f"KITH_{self.provider.upper()} can't be reached")

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        told = [(request, self.answer(request)) for request in batch]
        self.taken += [
            request.message_id for request, status in told if status in (Status.ACCEPTED, Status.UNKNOWN)
        ]
        return [
            Answer(request.message_id, status, Reason.NONE, str(status.value)) for request, status in told
        ]

    def close(self) -> None:
        pass

    def plugin(self) -> ChannelPlugin:
        return ChannelPlugin(self.channel, self.provider, self.capabilities, lambda: self)


@pytest.fixture
def with_vendors(monkeypatch):
    def install(*given: Vendor) -> None:
        found = {f"{each.channel}_{each.provider}": each.plugin() for each in given}
        monkeypatch.setattr(vendors, "plugins", lambda *_: found)

    return install


def _run(world, clock):
    return deliver(world, clock, wait=lambda _seconds: None)


def test_routes__a_vendor_that_is_down_costs_nobody_their_message(world, clock, with_vendors):
    down, up = Vendor("email", "one", is_down=True), Vendor("email", "two")
    with_vendors(down, up)
    planned = plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    counts = _run(world, clock)
    assert (counts.accepted, counts.pending) == (30, 0)
    assert sorted(up.taken) == sorted(planned)
    assert {row.provider for row in ledger_rows(world).values()} == {"two"}


def test_routes__what_one_refused_for_itself_another_takes_once(world, clock, with_vendors):
    misled = Vendor("email", "one", lambda _request: Status.DEFERRED)
    other = Vendor("email", "two")
    with_vendors(misled, other)
    planned = plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    assert _run(world, clock).accepted == 30
    assert sorted(other.taken) == sorted(planned)


def test_routes__a_lost_answer_keeps_a_message_from_every_other_vendor(world, clock, with_vendors):
    cautious = replace(MAIL, when_unknown=WhenUnknown.STOP)
    silent = Vendor("email", "one", lambda _request: Status.UNKNOWN, capabilities=cautious)
    other = Vendor("email", "two")
    with_vendors(silent, other)
    planned = plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    counts = _run(world, clock)
    assert silent.taken
    assert sorted(silent.taken + other.taken) == sorted(planned)  # each asked of one vendor, once
    assert (counts.unknown, counts.accepted) == (len(silent.taken), len(other.taken))


def test_routes__whoever_is_not_there_on_one_channel_gets_it_on_the_next(world, clock, with_vendors):
    gone = Vendor("push", "one", lambda _request: Status.UNREACHABLE)
    mail = Vendor("email", "two")
    with_vendors(gone, mail)
    tokens = '[["user_id","u-p0@shop.example"],["email","p0@shop.example"]]'
    (planned,) = plan(
        world, ["token"], clock.now(), channel="push", identifiers=tokens, is_transactional=True,
        purpose="transactional",
    )  # fmt: skip
    assert _run(world, clock).accepted == 1
    row = ledger_rows(world)[planned]
    assert (mail.taken, row.channel, row.address) == ([planned], "email", "p0@shop.example")

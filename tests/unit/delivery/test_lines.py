"""Lines to a vendor: several hand-overs on their way, each told once, and a channel that breaks lets none vanish."""

from threading import Barrier, Event
from typing import Any, cast

import pytest

from activation.channels.contract import Answer, Capabilities, ChannelPlugin, Request, Status
from activation.delivery.lines import Lines
from activation.delivery.settlement import Claimed
from activation.delivery.stride import LARGEST, Stride


class _Line:
    """Answers once as many of them send at once as `barrier` asks for."""

    barrier = Barrier(1)
    closed = 0

    def open(self) -> None:
        pass

    def send(self, batch):
        self.barrier.wait(5)
        return [Answer(each, Status.ACCEPTED) for each in batch]

    def close(self) -> None:
        type(self).closed += 1


def _plugin(build, at_once: int) -> ChannelPlugin:
    return ChannelPlugin("email", "test", Capabilities(frozenset({"text"}), calls_at_once=at_once), build)


def _requests(*names: str) -> list[Request]:
    return cast(Any, list(names))


def _marked(*names: str) -> list[Claimed]:
    return cast(Any, list(names))


def test_lines__send_at_once_and_tell_each_answer_once(monkeypatch):
    monkeypatch.setattr(_Line, "barrier", Barrier(2))
    lines = Lines(_plugin(_Line, at_once=2))
    for names in (("a", "b"), ("c",)):
        line = lines.idle()
        assert line is not None
        lines.launch(line, _marked(*names), _requests(*names), waits=False)
    assert lines.idle() is None  # both are taken, and there is no third
    told = lines.landed(wait_for_all=True)
    assert [(item, answer.message_id) for item, answer in told] == [("a", "a"), ("b", "b"), ("c", "c")]
    assert lines.landed() == []
    assert lines.idle() is not None
    lines.close()


def test_lines__one_that_is_taken_takes_nothing_more():
    goes_on = Event()

    class Slow(_Line):
        def send(self, batch):
            goes_on.wait(5)
            return super().send(batch)

    lines = Lines(_plugin(Slow, at_once=1))
    line = lines.first()
    lines.launch(line, _marked("a"), _requests("a"), waits=False)
    assert lines.idle() is None
    goes_on.set()
    assert len(lines.landed()) == 1
    assert lines.idle() is line
    lines.close()


@pytest.mark.parametrize("waits", [True, False])
def test_lines__a_channel_that_breaks_leaves_all_in_doubt(waits):
    class Broken(_Line):
        def send(self, batch):
            raise RuntimeError("a fault of the channel")

    lines = Lines(_plugin(Broken, at_once=1))
    request = cast(Any, type("Named", (), {"message_id": "a"}))
    lines.launch(lines.first(), _marked("a"), [request], waits=waits)
    ((item, answer),) = lines.landed()
    assert (item, answer.status, answer.detail) == ("a", Status.UNKNOWN, "channel_broke")
    lines.close()


def test_stride__is_as_long_as_a_moment():
    stride = Stride(100)
    for _ in range(20):
        stride.learn(stride.size, 0.01)
    assert stride.size == LARGEST
    stride.learn(10, 0.01)
    assert stride.size == LARGEST
    for _ in range(20):
        stride.learn(stride.size, 2.0)
    assert stride.size == 100


def test_stride__does_not_grow_by_claims_that_were_not_full():
    stride = Stride(1_000)
    stride.learn(999, 0.01)
    assert stride.size == 1_000
    stride.learn(1_000, 0.4)  # neither quick nor slow
    assert stride.size == 1_000

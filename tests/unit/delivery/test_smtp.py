"""The SMTP conversation: pipelined or not, over one connection or several, what each letter's answer is."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from activation.channels._smtp import SmtpConnection
from activation.channels._smtp_line import Letter, Line, Pile
from activation.channels._smtp_settings import Post, SmtpSettings
from activation.channels._verp import ReturnPath
from activation.channels.contract import Answer, ChannelDown, Permission, Request, Status
from activation.gates.contract import _POLICY_SEAL
from kith.ids import stable_id
from tests.unit.delivery.smtp_script import Script, serving

DATED = datetime(2026, 5, 1, 8, tzinfo=UTC)


def request(local: str, number: int = 0, **changed) -> Request:
    message_id = stable_id("smtp", local, str(number))
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    values = {"subject": "Hello", "text": ".dot\nplain", **changed}
    return Request(message_id, permission, f"{local}@shop.example", DATED, **values)


def channel(script: Script, connections: int = 1, **beside) -> SmtpConnection:
    settings = SmtpSettings(
        host="127.0.0.1", port=script.port, sender="hello@kith.example", connections=connections, timeout=5
    )
    made = SmtpConnection(Post(settings, **beside))
    made.open()
    return made


def sent(script: Script, *locals_: str, **options) -> list[Answer]:
    made = channel(script, **options)
    try:
        return made.send([request(each, number) for number, each in enumerate(locals_)])
    finally:
        made.close()


def statuses(answers: list[Answer]) -> list[Status]:
    return [answer.status for answer in answers]


OK, GONE, LOST, LATER = Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.DEFERRED


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 3])
def test_smtp__each_letter_gets_its_own_answer(pipelining, connections):
    with serving(Script(pipelining)) as script:
        names = ["a", "gone", "b", "goahead", "c", "spam", "d", "lost", "e", "closing", "f"]
        answers = sent(script, *names, connections=connections)
        expected = [OK, GONE, OK, GONE, OK, GONE, OK, LOST, OK, LATER, OK]
        assert statuses(answers) == expected
        reached = Counter(recipient for _, recipient, mail in script.taken if mail)
        assert reached == Counter(f"{name}@shop.example" for name in ("a", "b", "c", "d", "e", "f", "lost"))
        assert [answer.message_id for answer in answers] == [
            request(each, number).message_id for number, each in enumerate(names)
        ]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("refused", ["gone", "goahead", "spam"])
def test_smtp__a_refusal_leaves_the_connection_clean_for_the_next_letter(pipelining, refused):
    with serving(Script(pipelining)) as script:
        answers = sent(script, refused, "a", refused, "b")
        assert statuses(answers) == [GONE, OK, GONE, OK]
        assert script.greetings == 1


def test_smtp__lines_that_begin_with_a_dot_arrive_whole():
    lines = b"From: a@b.example\r\n\r\n.\r\n..\r\n.x\r\nend"
    with serving(Script()) as script:
        line = Line(SmtpSettings(host="127.0.0.1", port=script.port), "kith.example")
        line.open()
        told: list[Answer] = []
        letter = Letter(0, "1", "a@b.example", "c@d.example", lines)
        line.deliver(Pile([letter], None), lambda _letter, answer: told.append(answer))
        line.close()
        assert statuses(told) == [OK]
        assert [mail for _, _, mail in script.taken] == [lines + b"\r\n"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_smtp__a_connection_cut_before_the_dot_is_not_in_doubt(pipelining):
    with serving(Script(pipelining)) as script:
        answers = sent(script, "a", "b", "cut")
        assert statuses(answers)[:2] == [OK, OK]
        assert answers[2].status in (
            LATER,
            LOST,
        )  # the mail may have left the kernel before the cut was heard
        assert len(script.taken) == 2


def test_smtp__with_pipelining_a_letter_costs_one_round_trip():
    names = [f"p{number}" for number in range(20)]
    with serving(Script(pipelining=True, delay=0.01)) as script:
        sent(script, *names)
        together = [command for command in script.commands if command.startswith(("MAIL", "RCPT", "DATA"))]
        assert len(together) == 60
    with serving(Script(pipelining=False)) as plain:
        sent(plain, *names)
        assert plain.taken == script.taken


def test_smtp__several_connections_hide_the_server_s_slowness():
    names = [f"p{number}" for number in range(40)]
    took = []
    for connections in (1, 8):
        with serving(Script(delay=0.02)) as script:
            start = time.perf_counter()
            assert set(statuses(sent(script, *names, connections=connections))) == {OK}
            took.append(time.perf_counter() - start)
            assert script.greetings == connections
    assert took[1] < took[0] / 2


def test_smtp__every_mail_arrives_as_it_was_built():
    with serving(Script()) as script:
        made = channel(script)
        made.send([request("a", text=".\n..\n.hidden", html=".\r\n.")])
        made.close()
        from activation.channels._mime import build_mail

        whole = build_mail(request("a", text=".\n..\n.hidden", html=".\r\n."), "hello@kith.example", "")
        assert script.taken == [("hello@kith.example", "a@shop.example", whole)]


def test_smtp__a_hostile_request_is_refused_and_the_rest_goes_on():
    with serving(Script()) as script:
        made = channel(script)
        batch = [
            request("a"),
            request("b", subject="x\r\nBcc: c@d"),
            request("c\r\nDATA"),
            request("d", text="\ud800"),
        ]
        answers = made.send([*batch, request("e")])
        made.close()
        assert statuses(answers) == [OK, Status.FAILED, Status.FAILED, Status.FAILED, OK]
        assert [answer.detail for answer in answers][1:4] == ["bad_header", "bad_address", "bad_text"]
        assert len(script.taken) == 2


def test_smtp__the_return_path_names_its_message():
    path = ReturnPath("bounces@mail.example", b"secret")
    with serving(Script()) as script:
        sent(script, "a", "b", return_path=path)
    senders = [sender for sender, _, _ in script.taken]
    assert [path.message_in(each) for each in senders] == [
        request("a", 0).message_id,
        request("b", 1).message_id,
    ]
    assert all(len(each.partition("@")[0]) <= 64 for each in senders)
    forged = senders[0].replace("+" + senders[0][8:10], "+00")
    assert path.message_in(forged) == ""
    assert path.message_in(senders[0].upper()) == request("a", 0).message_id


def test_smtp__nobody_there_is_said_before_anything_leaves():
    made = SmtpConnection(Post(SmtpSettings(host="127.0.0.1", port=1)))
    with pytest.raises(ChannelDown, match="KITH_SMTP_HOST"):
        made.open()
    assert statuses(made.send([request("a")])) == [LATER]


def test_smtp__a_server_that_dies_between_two_batches_is_found_again():
    with serving(Script()) as script:
        made = channel(script)
        assert statuses(made.send([request("lost")])) == [LOST]
        made.open()
        assert statuses(made.send([request("a")])) == [OK]
        made.close()
        assert script.greetings == 2


def test_smtp__a_password_is_in_no_repr():
    settings = SmtpSettings.model_validate({"host": "h", "user": "u", "password": "canary"})
    assert "canary" not in repr(settings) + str(settings) + repr(Post(settings))

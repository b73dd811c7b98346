"""Composing in processes beside the worker: the same drafts, whoever makes them and whoever dies."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activation.channels.contract import Capabilities
from activation.contract import PlannedMessage
from activation.delivery import press
from activation.delivery.composition import Composer, Draft
from activation.delivery.links import LinkSigner
from activation.delivery.press import Press
from activation.delivery.template_store import TemplateStore
from activation.gates import Refusal
from activation.rendering import load_template
from kith.ids import stable_id
from kith.settings import child_environment, load_settings

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
MAIL = Capabilities(frozenset({"text", "html"}))
_FILES = {
    "subject.txt": "Für {{ first_name }}",
    "body.html": '<body><a href="https://shop.example/?a=1&amp;b=2">look</a> {{ first_name }}'
    ' <a href="{{ unsubscribe_url }}">no more</a></body>',
    "body.txt": "{{ first_name }}: https://shop.example/sale",
    "rcs.yml": "text: Hi {{ first_name }}\nmedia:\n  - url: https://shop.example/a.png\n"
    "actions:\n  - title: Look\n    url: https://shop.example/sale\n",
}


@pytest.fixture
def composing(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    folder = tmp_path / "definitions" / "templates" / "hello"
    folder.mkdir(parents=True)
    for file, content in _FILES.items():
        (folder / file).write_text(content, encoding="utf-8")
    monkeypatch.setattr(press, "WORTHWHILE", 1)
    found = load_settings()
    return (
        found,
        Composer(TemplateStore(found), LinkSigner(found.secret, found.public_url)),
        load_template(folder),
    )


def _messages(version, count, channel="email"):
    about = ("v", "offer", "e", "p", channel, "marketing", "hello", version, "a@shop.example", (), "de")
    return [
        PlannedMessage(
            stable_id("press", str(number)),
            "winback",
            *about,
            {"first_name": f"Zoë <{number}>"},
            AT,
            AT + timedelta(days=1),
            False,
        )
        for number in range(count)
    ]


def _wait_until(is_so):
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it never came about")


def _all_made_elsewhere(proofs):
    _wait_until(lambda: all(sheet.is_ready.is_set() for sheet in proofs._sheets))


@pytest.mark.parametrize(
    ("channel", "content"), [("email", {"text", "html"}), ("rcs", {"text", "media", "actions"})]
)
def test_press__makes_what_the_worker_would_make(composing, channel, content):
    settings, composer, template = composing
    messages, capabilities = _messages(template.version, 120, channel), Capabilities(frozenset(content))
    expected = [composer.compose(message, capabilities) for message in messages]
    assert all(isinstance(each, Draft) for each in expected)
    running = Press(settings, composer)
    try:
        proofs = running.begin(messages, capabilities)
        _all_made_elsewhere(proofs)  # nobody here took any
        assert proofs.take(messages) == expected
    finally:
        running.close()


def test_press__refuses_as_the_worker_would(composing):
    settings, composer, template = composing
    messages = [replace(each, variables={}) for each in _messages(template.version, 60)]
    unknown = [replace(each, template_version="another") for each in messages]
    running = Press(settings, composer)
    try:
        for some, detail in ((messages, "missing_variable"), (unknown, "no_such_template")):
            proofs = running.begin(some, MAIL)
            _all_made_elsewhere(proofs)
            told = proofs.take(some)
            assert told == [composer.compose(message, MAIL) for message in some]
            assert {each.detail for each in told if isinstance(each, Refusal)} == {detail}
    finally:
        running.close()


def test_press__that_is_killed_leaves_nobody_waiting(composing):
    settings, composer, template = composing
    messages = _messages(template.version, 2_000)
    running = Press(settings, composer)
    try:
        proofs = running.begin(messages, MAIL)
        _wait_until(proofs._sheets[3].is_ready.is_set)
        for process in running._processes:
            process._child.kill()
        drafts = proofs.take(messages)
        assert [each.message for each in drafts if isinstance(each, Draft)] == messages
        _wait_until(lambda: not proofs.is_printing)
        again = running.begin(messages[:60], MAIL)
        assert again.take(messages[:60]) == drafts[:60]
        assert running._waiting.qsize() < len(proofs._sheets)  # nothing is laid before nobody
    finally:
        running.close()


_WORKER = """
import json, sys, time
from activation.delivery import press
from activation.delivery.composition import Composer
from activation.delivery.links import LinkSigner
from activation.delivery.template_store import TemplateStore
from kith.settings import load_settings
settings = load_settings()
running = press.Press(settings, Composer(TemplateStore(settings), LinkSigner(settings.secret, "")))
running._start()
print(json.dumps([each._child.pid for each in running._processes]), flush=True)
time.sleep(600)
"""


@pytest.mark.usefixtures("settings")
def test_press__ends_with_a_worker_that_is_killed():
    command = [sys.executable, "-c", _WORKER]
    with subprocess.Popen(command, env=child_environment(), stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        children = json.loads(worker.stdout.readline())
        worker.send_signal(signal.SIGKILL)
    for child in children:
        _wait_until(lambda child=child: not _is_running(child))


def _is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as told:  # an orphan that nobody reaped runs no more
        return told.read().rpartition(")")[2].split()[0] != "Z"

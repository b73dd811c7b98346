"""`render_mime`: personalised mails from variables to bytes, beside Jinja compiled once and EmailMessage."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from activation.channels._mime import build_mail
from activation.channels.contract import Permission, Request
from activation.gates.contract import _POLICY_SEAL
from activation.rendering import render, template_of
from tests.bench.frame import Entry
from tests.bench.mail_world import DATED, FILES, HTML, SENDER, SENDER_NAME, SUBJECT, TEXT, digest, person

MAILS = 4_000
_PEOPLE: list[dict[str, Any]] = []
_COMPARED = 400


def load() -> None:
    """Both sides know their people, and have compiled their templates, before the clock starts."""
    _PEOPLE.extend(person(number) for number in range(MAILS))
    render(template_of("bench", FILES), _PEOPLE[0]["variables"])
    _environment()


def ours(folder: Path) -> Mapping[str, Any]:
    """Kith: sandboxed Jinja, strict, by locale, and a fixed skeleton"""
    del folder
    template, mails = template_of("bench", FILES), []
    for one in _PEOPLE:
        seen = render(template, one["variables"], "en-GB")
        permission = Permission(_POLICY_SEAL, one["message_id"], "consent", "")
        request = Request(
            one["message_id"],
            permission,
            one["address"],
            DATED,
            seen.subject,
            seen.text,
            seen.html,
            unsubscribe_url=one["variables"]["unsubscribe_url"],
        )
        mails.append(build_mail(request, SENDER, SENDER_NAME))
    return {"mails": mails}


def _environment() -> Any:
    from jinja2 import Environment

    options = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    html, text = Environment(autoescape=True, **options), Environment(autoescape=False, **options)
    return text.from_string(SUBJECT), text.from_string(TEXT), html.from_string(HTML)


def baseline(folder: Path) -> Mapping[str, Any]:
    """Jinja compiled once and email.message.EmailMessage"""
    del folder
    subject, text, html = _environment()
    mails = []
    for one in _PEOPLE:
        variables, mail = one["variables"], EmailMessage()
        mail["From"], mail["To"] = f"{SENDER_NAME} <{SENDER}>", one["address"]
        mail["Subject"] = subject.render(variables)
        mail["Date"] = format_datetime(DATED)
        mail["Message-ID"] = f"<{one['message_id']}@kith.example>"
        mail["List-Unsubscribe"] = f"<{variables['unsubscribe_url']}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(text.render(variables))
        mail.add_alternative(html.render(variables), subtype="html")
        mails.append(mail.as_bytes())
    return {"mails": mails}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is compared: mails as Python's own parser reads them, spread over all."""
    del folder, side
    mails = result["mails"]
    return {
        "count": len(mails),
        "parsed": digest(mails[:: len(mails) // _COMPARED]),
        "bytes_each": sum(map(len, mails)) // len(mails),
    }


ENTRY = Entry(
    name="render_mime",
    work=f"{MAILS:,} personalised mails, HTML of 2.5 KB and text, rendered and built",
    prepare=lambda folder: None,
    ours=ours,
    baseline=baseline,
    target=15.0,
    load=load,
    tell=tell,
    agree=lambda one, other: all(one[name] == other[name] for name in ("count", "parsed")),
    further=lambda one, other: {"bytes_each": one["bytes_each"], "baseline_bytes_each": other["bytes_each"]},
)

"""Personalised mails for the benches: one template of 2.5 KB with a loop, conditions, filters and escaping, and as many
people as asked."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from hashlib import sha256
from typing import Any

SENDER, SENDER_NAME = "shop@kith.example", "Larkfield"
DATED = datetime(2026, 5, 1, 8, tzinfo=UTC)
_ROW = """
<tr><td style="padding:8px 16px;border-bottom:1px solid #e6e0d6"><a href="{{ pick.url }}">{{ pick.name }}</a></td>
<td style="padding:8px 16px;text-align:right">{{ pick.price | round(2) }} {{ pick.currency }}</td></tr>"""
HTML = (
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ shop }}</title>
<style>.card { width: 600px } @media (max-width: 600px) { .card { width: 100% !important } }</style></head>
<body style="margin:0;background:#f3efe8;font-family:Helvetica,Arial,sans-serif">
<table role="presentation" class="card" width="600" style="background:#ffffff;border-radius:16px">
<tr><td style="padding:28px 48px"><h1>Hello {{ first_name | default("there") }}, it's been a while.</h1></td></tr>
{% if favourite is defined %}<tr><td style="padding:16px 48px">New in {{ favourite | upper }}:</td></tr>{% endif %}
<tr><td><table role="presentation" width="100%">{% for pick in picks %}"""
    + _ROW
    + """{% endfor %}</table></td></tr>
<tr><td style="padding:24px 48px">{% if orders > 3 %}Thank you for {{ orders }} orders, {{ first_name | title }}.
{% else %}Your next order comes with a gift.{% endif %}</td></tr>
<tr><td style="padding:24px 48px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="padding:20px 16px 6px;font-size:13px;color:#4d6b61">Your code</td></tr>
<tr><td align="center" style="padding:0 16px 20px;font-family:Consolas,'Courier New',monospace;font-size:24px;
letter-spacing:.08em;color:#1f5a4c;font-weight:bold">WELCOMEBACK10</td></tr>
<tr><td align="center" style="padding:24px 48px 0"><a href="https://shop.example/?code=WELCOMEBACK10"
style="display:inline-block;background:#1f5a4c;color:#ffffff;text-decoration:none;font-size:16px;font-weight:bold;
line-height:20px;padding:15px 36px;border-radius:999px">Come back in</a></td></tr></table></td></tr>
<tr><td style="padding:24px 48px;font-size:12px;color:#6e7a75">You get this mail because you agreed to hear from us.
<a href="{{ unsubscribe_url }}">Unsubscribe</a>. {{ shop }}, 1 Example Street, Example Town</td></tr>
</table></body></html>
"""
)
TEXT = """Hello {{ first_name | default("there") }},
{% for pick in picks %}
- {{ pick.name }}: {{ pick.price | round(2) }} {{ pick.currency }} {{ pick.url }}
{% endfor %}
Unsubscribe: {{ unsubscribe_url }}
"""
SUBJECT = "{{ first_name }}, new in {{ favourite }}"
FILES = {"subject.txt": SUBJECT, "body.html": HTML, "body.txt": TEXT}
_NAMES = ("Ada", "Bo & Co", "Çelik", "Dürer", "Eve <3", "Françoise", "Gül", "Ōe")


def person(number: int) -> dict[str, Any]:
    """The variables of one mail, and its address and id."""
    name = _NAMES[number % len(_NAMES)]
    picks = [
        {"name": f"Mug {number % 97 + each} <{name}>", "price": 9.5 + each, "currency": "EUR"}
        | {"url": f"https://shop.example/p/{number % 997}?a={each}&b=2"}
        for each in range(4)
    ]
    return {
        "message_id": f"{number:032x}",
        "address": f"person{number}@shop{number % 50}.example",
        "variables": {
            "first_name": name,
            "favourite": "Coffee",
            "picks": picks,
            "orders": number % 7,
            "shop": "Larkfield & Co.",
            "unsubscribe_url": f"https://kith.example/u/{number:032x}",
        },
    }


def digest(mails: list[bytes]) -> str:
    """What Python's own parser reads of them: fields and both bodies."""
    told = sha256()
    for raw in mails:
        mail = message_from_bytes(raw, policy=policy.default)
        fields = ("Subject", "From", "To", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post")
        told.update(repr([str(mail[field]) for field in fields]).encode())
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            told.update(("" if body is None else body.get_content().strip()).encode())
    return told.hexdigest()

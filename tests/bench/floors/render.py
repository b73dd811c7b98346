"""Floor: a compiled template rendered for each addressee and handed to a socket that nobody slows down."""

from __future__ import annotations

import socket
import threading

from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATE = """<html><body><p>Hello {{ name }},</p>{% for pick in picks %}<p>
<a href="{{ pick.url }}">{{ pick.name }}</a> {{ pick.price }}</p>{% endfor %}<p>{{ shop }}</p>
</body></html>"""


def run(messages: int) -> int:
    """Bytes handed over for so many messages."""
    page = ImmutableSandboxedEnvironment(autoescape=True).from_string(TEMPLATE)
    picks = [
        {"url": f"https://shop.example/{number}", "name": "A thing", "price": "9.99"} for number in range(3)
    ]
    near, far = socket.socketpair()
    drain = threading.Thread(target=_drain, args=(far,))
    drain.start()
    sent = 0
    for number in range(messages):
        body = page.render(name=f"Person {number}", picks=picks, shop="The Shop").encode()
        near.sendall(body)
        sent += len(body)
    near.close()
    drain.join()
    return sent


def _drain(far: socket.socket) -> None:
    while far.recv(1 << 16):
        pass

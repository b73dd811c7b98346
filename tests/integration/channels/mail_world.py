"""Mails as a worker makes them, and a place that hears what vendors call back."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from activation.channels.contract import Inbound, Permission, Request
from activation.gates.contract import _POLICY_SEAL
from kith.ids import stable_id
from kith.settings import PROJECT

SPECS = PROJECT.parent / "shared" / "specs"
PAYLOADS = PROJECT.parent / "shared" / "data" / "payloads"
DECIDED = datetime(2026, 5, 1, 8, tzinfo=UTC)
FULL = {
    "subject": "Grüße, Ada",
    "html": "<p>Hello</p>",
    "amp": "<!doctype html><html ⚡4email></html>",
    "unsubscribe_url": "https://kith.example/u/abc",
    "options": {"reply_to": "help@shop.example", "ip_pool": "bulk", "category": "winback"},
}


def mail(address="ada@shop.example", number=0, **changed):
    """One rendered mail with the leave to send it."""
    message_id = stable_id("mail", address, str(number))
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    values = {"subject": "Hello", "text": "Your order has left.", "dated_at": DECIDED, **changed}
    return Request(message_id, permission, address, **values)


@contextmanager
def hearing(now):
    """(base URL, list of the calls that came as Inbound)."""
    heard: list[Inbound] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard.append(Inbound("POST", f"http://kith.example{self.path}", headers, body, now()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_told):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()

"""Channels of messages against their emulated vendors, and the place that the vendors call back."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep

from activation.channels.contract import Inbound, Reading, Request
from activation.gates.contract import _POLICY_SEAL, Permission
from kith.ids import stable_id

DECIDED = datetime(2026, 5, 1, 8, tzinfo=UTC)


def request_for(address: str, name: str = "one", **given) -> Request:
    message_id = stable_id("messaging", name, address)
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    values = {
        "subject": "Spring",
        "text": "Spring is here.",
        "not_after": DECIDED + timedelta(days=1),
        **given,
    }
    return Request(message_id, permission, address, DECIDED, **values)


@dataclass
class Platform:
    """Keeps what vendors tell, and reads it as the API would."""

    inbound: dict[str, list[Inbound]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                url = f"{platform.url}{self.path}"
                plugin = self.path.partition("?")[0].rpartition("/")[2]
                told = Inbound("POST", url, headers, body, DECIDED + timedelta(minutes=1))
                platform.inbound.setdefault(plugin, []).append(told)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *_told: object) -> None:
                """Tests need no log of theirs."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def webhook(self, plugin: str) -> str:
        return f"{self.url}/webhooks/{plugin}"

    def wait(self, plugin: str, count: int) -> list[Inbound]:
        """The calls to one plugin, once there are so many. Fails after ten seconds."""
        until = monotonic() + 10
        while len(self.inbound.get(plugin, [])) < count:
            assert monotonic() < until, f"{plugin}: {len(self.inbound.get(plugin, []))} of {count} calls"
            sleep(0.02)
        return list(self.inbound[plugin])

    def readings(self, plugin: str, read, count: int) -> list[Reading]:
        return [read(inbound) for inbound in self.wait(plugin, count)]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

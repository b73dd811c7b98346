"""Channels of messages against their emulated vendors, and the place that the vendors call back."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep

from activation.channels.contract import Inbound, Reading, Request, Status
from activation.gates.contract import _POLICY_SEAL, Permission
from kith.ids import stable_id
from sandbox.vendors import messenger, whatsapp, zalo

DECIDED = datetime(2026, 5, 1, 8, tzinfo=UTC)
NUMBER, NOBODY = "+12025550123", "+12025550199"
PSID, NO_PSID = "4242424242424242", "9999999999999999"
VIBER, NO_VIBER = "01234567890A=", "unknown0000000="
ZALO, NO_ZALO = "2512523625412515", "9999999999999998"
GONE = {NOBODY, NO_PSID, NO_VIBER, NO_ZALO}
# plugin → (vendor, an address, nobody's address, kind of row)
CHANNELS = {
    "sms_twilio": ("twilio", NUMBER, "message"),
    "sms_vonage": ("vonage", NUMBER, "message"),
    "voice_twilio": ("twilio", NUMBER, "call"),
    "whatsapp_cloud": ("whatsapp", NUMBER, "message"),
    "rcs_google": ("rcs", NUMBER, "message"),
    "messenger_facebook": ("messenger", PSID, "message"),
    "viber": ("viber", VIBER, "message"),
    "zalo": ("zalo", ZALO, "message"),
}
OPENERS = {"whatsapp": whatsapp.reply, "messenger": messenger.reply, "zalo": zalo.reply}


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


def opened(name: str, office) -> None:
    """Somebody wrote first, where the vendor wants that."""
    vendor, address, _ = CHANNELS[name]
    if vendor in OPENERS:
        OPENERS[vendor](office, address, "hello")


def until_delivered(one, platform, name):
    """The readings of a plugin's calls, up to the one that tells of a delivery."""
    for count in range(1, 6):
        readings = platform.readings(name, one.read, count)
        if any(row.status is Status.DELIVERED for told in readings for row in told.receipts):
            return readings
    raise AssertionError("nothing was delivered")


def last(one, platform, name, status):
    """The receipt of a status, once it came."""
    for count in range(1, 6):
        for reading in platform.readings(name, one.read, count):
            for receipt in reading.receipts:
                if receipt.status is status:
                    return receipt
    raise AssertionError(f"{status} was never told")

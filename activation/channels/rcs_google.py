"""RCS over Google's RCS for Business: one call a message, named by our own id, so that telling it twice sends it once.

404 means that this number has no RCS (or the agent isn't launched on its network): another channel is for it.
"""

from pathlib import Path
from urllib.parse import urlencode

from pydantic import SecretStr

from activation.channels import _rcs_receipts
from activation.channels._calls import CallConnection
from activation.channels._google_auth import GoogleToken
from activation.channels._phones import PhoneSettings, e164
from activation.channels._rcs_content import agent_message
from activation.channels._receiving import inner, text_of
from activation.channels._verdicts import Verdict, by_http, later, nobody_there, our_setup
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Inbound,
    Reading,
    Refused,
    Request,
    Status,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, read_section

SCOPE = "https://www.googleapis.com/auth/rcsbusinessmessaging"
_NO_RCS, _LOGIN, _KNOWN = 404, 401, 409
_MOST_LOGINS = 3
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media", "actions"}),
    batch_size=20,
    honours_key=True,
    tells_receipts=True,
    messages_per_second=100.0,
)


class RcsSettings(Section, prefix="KITH_RCS_"):
    """An agent. `credentials` is the JSON key file of its service account, `client_token` that of its webhook;
    `base_url` that of its region."""

    credentials: Path
    agent_id: str
    client_token: SecretStr = SecretStr("")
    base_url: str = "https://rcsbusinessmessaging.googleapis.com"


class RcsAgent:
    """_calls.Conversation with agentMessages."""

    setting = "KITH_RCS_BASE_URL"

    def __init__(self, settings: RcsSettings, phones: PhoneSettings, token: GoogleToken) -> None:
        self.settings, self.phones, self.token = settings, phones, token
        self.base_url = settings.base_url
        self._refused_logins = 0

    def revocation(self, message_id: str, address: str) -> Call:
        """The call that takes a message back."""
        number, name = e164(address, self.phones), _rcs_receipts.rcs_id(message_id)
        place = f"{self.base_url.rstrip('/')}/v1/phones/{number}/agentMessages/{name}"
        asked = urlencode({"agentId": self.settings.agent_id})
        return Call("DELETE", f"{place}?{asked}", {"Authorization": f"Bearer {self.token.value()}"})

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp)
        number = e164(request.address, self.phones)
        try:
            name = _rcs_receipts.rcs_id(request.message_id)
        except ValueError as error:
            raise Refused("bad_message_id", "RBM takes a UUID") from error
        asked = urlencode({"messageId": name, "agentId": self.settings.agent_id})
        place = f"{self.base_url.rstrip('/')}/v1/phones/{number}/agentMessages?{asked}"
        body = agent_message(request)
        headers = {
            "Authorization": f"Bearer {self.token.value()}",
            "Content-Type": "application/json; charset=utf-8",
        }
        return Call("POST", place, headers, body)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.is_success or exchange.status == _KNOWN:
            self._refused_logins = 0
            name = _rcs_receipts.rcs_id(request.message_id)
            return Answer(request.message_id, Status.ACCEPTED, provider_message_id=name)
        code = text_of(inner(exchange.json_object(), "error"), "status")[:40] or str(exchange.status)
        if exchange.status == _NO_RCS:
            return nobody_there("no_rcs").answer(request, code)
        if exchange.status == _LOGIN:
            return self._login_refused().answer(request, code)
        return by_http(exchange.status).answer(request, code, exchange.retry_after)

    def _login_refused(self) -> Verdict:
        """A token may end early: the next call fetches another. Three in a row are no accident."""
        self.token.drop()
        self._refused_logins += 1
        return our_setup("login_refused") if self._refused_logins >= _MOST_LOGINS else later("token_refused")


class RcsConnection(CallConnection):
    """The channel; open once it holds a token."""

    def __init__(self, agent: RcsAgent) -> None:
        super().__init__(agent)
        self.agent = agent

    def open(self) -> None:
        super().open()
        self.agent.token.value()

    def revoke(self, message_id: str, address: str) -> None:
        """contract.Revokes: out of the person's queue, unless it is just being delivered. Google says yes to any."""
        self.open()
        exchange = self._client.call(self.agent.revocation(message_id, address))
        if exchange.status == _LOGIN:  # a token may end early
            self.agent.token.drop()
            exchange = self._client.call(self.agent.revocation(message_id, address))
        if not exchange.is_success and exchange.status != _NO_RCS:
            raise ChannelDown(f"{self.agent.setting}: {exchange.problem or exchange.status}")


def _build() -> RcsConnection:
    settings = read_section(RcsSettings)
    token = GoogleToken("KITH_RCS_CREDENTIALS", settings.credentials, SCOPE)
    return RcsConnection(RcsAgent(settings, read_section(PhoneSettings), token))


def _read(inbound: Inbound) -> Reading:
    return _rcs_receipts.read(read_section(RcsSettings).client_token, inbound)


plugin = ChannelPlugin(
    channel="rcs",
    provider="google",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="phone",
    is_configured=lambda: bool(environment().get("KITH_RCS_CREDENTIALS")),
    read=_read,
    keeps="Google deletes what was delivered, and the rest after thirty days; there is no call for a number",
)

"""Spoken messages over Twilio's Calls resource: the text is read aloud, or a recording is played.

Twilio takes no idempotency key, and two calls are worse than none: a call whose answer was lost is looked up among
the calls to that number. `options`: `voice` (a Twilio voice), `machine` (`skip`: say nothing to a machine).
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from activation.channels import _twilio
from activation.channels._phones import PhoneSettings, e164
from activation.channels._receiving import MESSAGE_QUERY, event_id, nothing_but, query, with_message
from activation.channels._texts import short_text, web_address
from activation.channels._twilio import TwilioSettings
from activation.channels._twilio_lists import TwilioConnection, TwilioConversation
from activation.channels.contract import (
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Receipt,
    Refused,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from kith.errors import KithError
from kith.settings import environment, read_section

LONGEST_TWIML, LONGEST_TEXT = 4_000, 3_000
_TAKEN = frozenset({"queued", "ringing", "in-progress", "completed"})
_EVENTS = ("initiated", "ringing", "answered", "completed")
# What a call that ended says of the message: whoever picked up heard it.
_ENDS = {
    "queued": (Status.ACCEPTED, "queued"),
    "initiated": (Status.ACCEPTED, "initiated"),
    "ringing": (Status.ACCEPTED, "ringing"),
    "in-progress": (Status.DELIVERED, "picked_up"),
    "completed": (Status.DELIVERED, "heard"),
    "busy": (Status.BOUNCED, "busy"),
    "no-answer": (Status.BOUNCED, "no_answer"),
    "failed": (Status.BOUNCED, "not_connected"),
    "canceled": (Status.FAILED, "canceled"),
}
_MACHINES = ("machine", "fax")
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media"}),
    batch_size=5,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=1.0,
)


class TwilioCalls(TwilioConversation):
    """_calls.Conversation with Calls.json."""

    resource, is_taken = "Calls", _TAKEN

    def fields(self, request: Request) -> list[tuple[str, str]]:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp, actions=request.actions)
        fields = [
            ("To", e164(request.address, self.phones)),
            ("From", self.settings.caller),
            ("Twiml", twiml(request)),
        ]
        if request.options.get("machine") == "skip":
            fields.append(("MachineDetection", "Enable"))
        if request.callback_url:
            fields.append(("StatusCallback", with_message(request.callback_url, request.message_id)))
            fields += [("StatusCallbackEvent", event) for event in _EVENTS]
        return fields


class TwilioVoice(TwilioConnection):
    """The channel; a call that was lost is the last one from us."""

    def sought(self) -> Mapping[str, str]:
        return {"From": self.twilio.settings.caller}


def twiml(request: Request) -> str:
    """What is said: recordings if there are any, else the text; every character of a person's escaped."""
    if request.media:
        spoken = "".join(f"<Play>{escape(web_address(media.url))}</Play>" for media in request.media)
    else:
        text = escape(short_text(request.text, LONGEST_TEXT))
        spoken = f"<Say{_attributes(request)}>{text}</Say>"
    said = f"<Response>{spoken}</Response>"
    if len(said) > LONGEST_TWIML:
        raise Refused("too_long", f"what is said has {len(said)} characters, a call carries {LONGEST_TWIML}")
    return said


def _attributes(request: Request) -> str:
    voice, language = request.options.get("voice", ""), request.locale.replace("_", "-")
    told = {"voice": voice, "language": language if "-" in language else ""}
    return "".join(f" {name}={quoteattr(value)}" for name, value in told.items() if value)


def _read(inbound: Inbound) -> Reading:
    told = dict(_twilio.check_signature(read_section(TwilioSettings), inbound))
    sid, state = told.get("CallSid", ""), told.get("CallStatus", "").lower()
    if not sid or state not in _ENDS:
        return nothing_but("no_call" if not sid else "unknown_status", inbound.body)
    status, detail = _ENDS[state]
    if status is Status.DELIVERED and told.get("AnsweredBy", "").startswith(_MACHINES):
        detail = "machine"
    receipt = Receipt(
        event_id("twilio", sid, state),
        status,
        inbound.received_at,
        message_id=query(inbound.url).get(MESSAGE_QUERY, ""),
        provider_message_id=sid,
        address=told.get("To", ""),
        detail=detail,
        provider_code=told.get("SipResponseCode", ""),
    )
    return Reading([receipt], reply=b"<Response/>", content_type="text/xml")


def _build() -> TwilioVoice:
    settings = read_section(TwilioSettings)
    if not settings.caller:
        raise KithError(
            "KITH_TWILIO_CALLER is not set", way_out="a number of yours that calls; see .env.example"
        )
    return TwilioVoice(TwilioCalls(settings, read_section(PhoneSettings)), at_once=5)


def _is_configured() -> bool:
    told = environment()
    return bool(told.get("KITH_TWILIO_ACCOUNT_SID") and told.get("KITH_TWILIO_CALLER"))


plugin = ChannelPlugin(
    channel="voice",
    provider="twilio",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="phone",
    is_configured=_is_configured,
    read=_read,
)

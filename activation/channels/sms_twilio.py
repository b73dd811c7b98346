"""SMS and MMS over Twilio's Messages resource: one call a message, text up to 1,600 characters.

Twilio takes no idempotency key. A message whose answer was lost is looked up among those sent to that number
since it was decided; only where it can't be found does a person decide. Its receipts carry our message id in the
address that they are sent to, which Twilio signs.
"""

from collections.abc import Mapping
from typing import Any

from activation.channels import _twilio
from activation.channels._phones import PhoneSettings, e164
from activation.channels._receiving import text_of, with_message
from activation.channels._sms_receipts import read_twilio
from activation.channels._texts import short_text, web_address
from activation.channels._twilio import TwilioSettings
from activation.channels._twilio_lists import TwilioConnection, TwilioConversation
from activation.channels.contract import (
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Refused,
    Request,
    WhenUnknown,
    check_capabilities,
)
from kith.errors import KithError
from kith.settings import environment, read_section

LONGEST, MOST_MEDIA = 1_600, 10
_SHORTEST_HOLD, _LONGEST_HOLD = 1, 36_000  # seconds, of ValidityPeriod
_TAKEN = frozenset(
    {"accepted", "scheduled", "queued", "sending", "sent", "delivered", "receiving", "received"}
)
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media"}),
    batch_size=20,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=100.0,
)


class TwilioMessages(TwilioConversation):
    """_calls.Conversation with Messages.json."""

    resource, is_taken = "Messages", _TAKEN

    def fields(self, request: Request) -> list[tuple[str, str]]:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp, actions=request.actions)
        if len(request.media) > MOST_MEDIA:
            raise Refused("too_many_media", f"an MMS carries {MOST_MEDIA} files at most")
        fields = [("To", e164(request.address, self.phones)), *self._sender()]
        if not request.options.get("content_sid"):
            fields.append(("Body", short_text(request.text, LONGEST)))
        fields += [("MediaUrl", web_address(media.url)) for media in request.media]
        if request.callback_url:
            fields.append(("StatusCallback", with_message(request.callback_url, request.message_id)))
        return [*fields, *_content(request), *_hold(request)]

    def _sender(self) -> list[tuple[str, str]]:
        if self.settings.messaging_service:
            return [("MessagingServiceSid", self.settings.messaging_service)]
        return [("From", self.settings.sender)]


class TwilioSms(TwilioConnection):
    """The channel; a text that was lost is known by its words."""

    def is_it(self, request: Request, told: Mapping[str, Any]) -> bool:
        is_ours = text_of(told, "direction").startswith("outbound")
        return is_ours and text_of(told, "body").strip() == request.text.strip()


def _content(request: Request) -> list[tuple[str, str]]:
    """A template of Twilio's own (Content API), where the message names one."""
    sid, variables = request.options.get("content_sid"), request.options.get("content_variables")
    fields = [("ContentSid", sid)] if sid else []
    return [*fields, ("ContentVariables", variables)] if sid and variables else fields


def _hold(request: Request) -> list[tuple[str, str]]:
    """How long it may wait at Twilio, counted from when it was decided, so that it never outlives its use by more."""
    if request.not_after is None:
        return []
    seconds = int((request.not_after - request.dated_at).total_seconds())
    return [("ValidityPeriod", str(max(_SHORTEST_HOLD, min(seconds, _LONGEST_HOLD))))]


def _build() -> TwilioSms:
    settings = read_section(TwilioSettings)
    if not settings.sender and not settings.messaging_service:
        raise KithError("KITH_TWILIO_SENDER is not set", way_out="set it or KITH_TWILIO_MESSAGING_SERVICE")
    return TwilioSms(TwilioMessages(settings, read_section(PhoneSettings)))


def _is_configured() -> bool:
    told = environment()
    sender = told.get("KITH_TWILIO_SENDER") or told.get("KITH_TWILIO_MESSAGING_SERVICE")
    return bool(told.get("KITH_TWILIO_ACCOUNT_SID") and sender)


def _read(inbound: Inbound) -> Reading:
    return read_twilio(_twilio.check_signature(read_section(TwilioSettings), inbound), inbound)


plugin = ChannelPlugin(
    channel="sms",
    provider="twilio",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="phone",
    is_configured=_is_configured,
    read=_read,
)

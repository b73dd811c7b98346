"""WhatsApp over Meta's Cloud API: one call a message; approved templates, or free messages to who wrote just now.

There is no idempotency key. Our message id travels as `biz_opaque_callback_data` and comes back in every status, so
a message whose answer was lost is found again by its first receipt; it is never sent twice by itself.
"""

from activation.channels import _meta, _whatsapp_receipts
from activation.channels._calls import CallConnection
from activation.channels._meta import MetaSettings
from activation.channels._phones import PhoneSettings, digits
from activation.channels._receiving import objects, text_of
from activation.channels._verdicts import UNCERTAIN
from activation.channels._whatsapp_codes import CODES
from activation.channels._whatsapp_content import content
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.settings import environment, read_section

CAPABILITIES = Capabilities(
    content=frozenset({"text", "media", "actions"}),
    batch_size=20,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=80.0,
)


class WhatsAppSettings(MetaSettings, prefix="KITH_WHATSAPP_"):
    """A number of a WhatsApp business account: its id, not the number."""

    phone_number_id: str


class WhatsAppCloud:
    """_calls.Conversation with /messages."""

    setting = "KITH_WHATSAPP_BASE_URL"

    def __init__(self, settings: WhatsAppSettings, phones: PhoneSettings) -> None:
        self.settings, self.phones, self.base_url = settings, phones, settings.base_url

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp)
        message = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": digits(request.address, self.phones),
            "biz_opaque_callback_data": request.message_id,
            **content(request),
        }
        return _meta.post(self.settings, self.settings.phone_number_id, message)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if not exchange.is_success:
            return _meta.refused(request, exchange, CODES)
        told = next(objects(exchange.json_object().get("messages")), {})
        message = text_of(told, "id")
        if not message:
            return UNCERTAIN.answer(request)
        return Answer(
            request.message_id,
            Status.ACCEPTED,
            provider_code=text_of(told, "message_status")[:40],
            provider_message_id=message,
        )


def _build() -> CallConnection:
    return CallConnection(WhatsAppCloud(read_section(WhatsAppSettings), read_section(PhoneSettings)))


def _read(inbound: Inbound) -> Reading:
    settings = read_section(WhatsAppSettings)
    if inbound.method == "GET":
        return _meta.subscribe(settings, inbound)
    _meta.check_signature(settings, inbound)
    return _whatsapp_receipts.read(inbound)


plugin = ChannelPlugin(
    channel="whatsapp",
    provider="cloud",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="phone",
    is_configured=lambda: bool(environment().get("KITH_WHATSAPP_ACCESS_TOKEN")),
    read=_read,
    keeps="Meta deletes messages by itself after thirty days at most; there is no call for it",
)

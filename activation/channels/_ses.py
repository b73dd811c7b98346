"""Amazon SES: the account, the signature of our calls, what its errors mean, and the events that it tells over SNS."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from activation.channels._esp_reading import Row, Service, at
from activation.channels._esp_words import (
    CLICKED,
    DELIVERED,
    DROPPED,
    HARD,
    INBOUND,
    LATER,
    LIST_CHANGE,
    OPENED,
    REFUSED,
    SENT,
    SOFT,
    SPAM,
    UNSUBSCRIBED,
    means,
)
from activation.channels._verdicts import LIMITED, Verdict, bad_content, later, our_setup
from kith.settings import Section


class SesSettings(Section, prefix="KITH_SES_"):
    """An account in one region. `topics` are the ARNs of the SNS topics whose events are believed, with commas;
    `certificates` a place besides Amazon's own from which their certificates may be fetched (an emulator's)."""

    access_key: str
    secret_key: SecretStr
    session_token: SecretStr = SecretStr("")
    region: str = "eu-west-1"
    sender: str
    sender_name: str = ""
    configuration_set: str = ""
    topics: str = ""
    certificates: str = ""
    base_url: str = ""

    @property
    def place(self) -> str:
        """Where calls go."""
        return (self.base_url or f"https://email.{self.region}.amazonaws.com").rstrip("/")


def signed_headers(settings: SesSettings, method: str, url: str, body: bytes) -> dict[str, str]:
    """The headers of one call, Signature Version 4 among them, by botocore."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    token = settings.session_token.get_secret_value() or None
    credentials = Credentials(settings.access_key, settings.secret_key.get_secret_value(), token)
    request = AWSRequest(method, url, headers={"Content-Type": "application/json"}, data=body)
    SigV4Auth(credentials, "ses", settings.region).add_auth(request)
    return {str(name): str(value) for name, value in request.headers.items()}


#: The names of errors, from the header x-amzn-errortype.
ERRORS: Mapping[str, Verdict] = {
    "TooManyRequestsException": LIMITED,
    "LimitExceededException": LIMITED,
    "ThrottlingException": LIMITED,
    "MessageRejected": bad_content("message_rejected"),
    "BadRequestException": bad_content("refused_request"),
    "AccountSuspendedException": our_setup("account_suspended"),
    "SendingPausedException": our_setup("sending_paused"),
    "MailFromDomainNotVerifiedException": our_setup("sender_unauthenticated"),
    "NotFoundException": our_setup("no_such_configuration"),
    "InvalidSignatureException": our_setup("login_refused"),
    "UnrecognizedClientException": our_setup("login_refused"),
    "InvalidClientTokenId": our_setup("login_refused"),
    "ExpiredTokenException": our_setup("token_expired"),
    "AccessDeniedException": our_setup("forbidden"),
    "InternalServiceErrorException": later("server_error"),
}

_SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"})
_PARTS = {
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "Delivery": ("delivery", "recipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
}


def _rows(message: Any) -> Iterator[Any]:
    """One row for each recipient that an event speaks of; several may share one event."""
    kind = at(message, ("eventType", "notificationType"))
    part, listed = _PARTS.get(kind, (kind[:1].lower() + kind[1:], ""))
    told = message.get(part)
    told = told if isinstance(told, dict) else {}
    recipients = told.get(listed) if listed else None
    if not isinstance(recipients, list) or not recipients:
        recipients = _destination(message)
    for recipient in recipients:
        person = recipient if isinstance(recipient, dict) else {"emailAddress": str(recipient)}
        yield {"kind": kind, "told": told, "recipient": person, "mail": message.get("mail")}


def _destination(message: Mapping[str, Any]) -> list[Any]:
    mail = message.get("mail")
    found = mail.get("destination") if isinstance(mail, dict) else None
    return found if isinstance(found, list) and found else [{}]


def _word(row: Row) -> str:
    kind = at(row, ("kind",))
    if kind == "Bounce":
        if at(row, ("told.bounceSubType",)) in _SUPPRESSED:
            return "Suppressed"
        return f"Bounce {at(row, ('told.bounceType',)) or 'Undetermined'}"
    if kind == "Complaint" and at(row, ("told.complaintSubType",)) in _SUPPRESSED:
        return "Suppressed"
    if kind == "Complaint" and at(row, ("told.complaintFeedbackType",)) == "not-spam":
        return "NotSpam"
    return kind


EVENTS = Service(
    rows=_rows,
    word=_word,
    told=means(
        {
            SENT: "Send",
            DELIVERED: "Delivery",
            HARD: "Bounce Permanent",
            SOFT: "Bounce Transient, Bounce Undetermined",
            DROPPED: "Suppressed",
            SPAM: "Complaint",
            LIST_CHANGE: "NotSpam",
            LATER: "DeliveryDelay",
            REFUSED: "Reject, Rendering Failure",
            OPENED: "Open",
            CLICKED: "Click",
            UNSUBSCRIBED: "Subscription",
            INBOUND: "Received",
        }
    ),
    at=("told.timestamp", "mail.timestamp"),
    provider_id=("mail.messageId",),
    event=(),
    address=("recipient.emailAddress",),
    diagnosis=("recipient.diagnosticCode", "told.smtpResponse"),
    url=("told.link",),
)

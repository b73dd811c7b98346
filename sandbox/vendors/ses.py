"""Amazon SES v2 with the SNS topic of its events: the signature of every call is recomputed, every field checked."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sandbox.emulation import Call, Callback, Office, Refusal, Reply, Route, Vendor
from sandbox.vendors._aws_signature import signature_problem

SENDER, REGION = "shop@kith.example", "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:ses-events"
_FIELDS = {
    *("FromEmailAddress", "FromEmailAddressIdentityArn", "Destination", "ReplyToAddresses"),
    *("FeedbackForwardingEmailAddress", "FeedbackForwardingEmailAddressIdentityArn", "Content", "EmailTags"),
    *("ConfigurationSetName", "EndpointId", "TenantName", "ListManagementOptions"),
}
_MOST_RECIPIENTS = 50
_LARGEST = 40 * 1024 * 1024
_SIGNED = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")


class _Ses:
    def __init__(self, office: Office) -> None:
        self.office = office

    def send(self, call: Call) -> Reply:
        self._let_in(call)
        mail = self._mail(call)
        addresses = mail["Destination"]["ToAddresses"]
        raw = b64decode(mail["Content"]["Raw"]["Data"])
        tags = {each["Name"]: [each["Value"]] for each in mail.get("EmailTags", [])}
        name = self.office.name_of("message")
        key = (tags.get("kith_message") or [name])[0]
        self.office.take(
            "message", key, {"to": addresses[0], "name": name, "mail": raw.decode("utf-8", "replace")}
        )
        for kind in ("Send", "Bounce" if self.office.habit.refuses(addresses[0]) else "Delivery"):
            self.office.call_back(self._told(kind, name, addresses, tags))
        return Reply(200, {"MessageId": name})

    def forget(self, call: Call) -> Reply:
        """DeleteSuppressedDestination."""
        self._let_in(call)
        address = call.parts["address"]
        if self.office.account.find("suppressed", address) is None:
            raise _error(404, "NotFoundException", "Email address is not on the suppression list")
        return Reply(200, {})

    def certificate(self, call: Call) -> Reply:
        """Of the topic's signatures. Fetched without a login."""
        del call
        return Reply(200, _certificate(self.office), {"content-type": "application/x-pem-file"})

    def _let_in(self, call: Call) -> None:
        """Signature Version 4, by its document."""
        problem = signature_problem(call, _access_key(self.office), _secret_key(self.office))
        if problem:
            raise _error(403, problem, "The request signature does not match")

    def _mail(self, call: Call) -> dict[str, Any]:
        try:
            mail = call.json()
        except ValueError:
            raise _error(400, "BadRequestException", "no JSON") from None
        if not isinstance(mail, dict) or set(mail) - _FIELDS or set(mail.get("Content", {})) != {"Raw"}:
            raise _error(400, "BadRequestException", "unknown or missing members")
        recipients = [each for listed in mail.get("Destination", {}).values() for each in listed]
        if not 1 <= len(recipients) <= _MOST_RECIPIENTS or not all(
            each.isascii() and "@" in each for each in recipients
        ):
            raise _error(400, "BadRequestException", "1 to 50 ASCII addresses")
        if mail.get("FromEmailAddress") != SENDER:
            raise _error(400, "MessageRejected", "Email address is not verified.")
        _check_raw(mail["Content"]["Raw"])
        if any(
            set(each) != {"Name", "Value"} or len(each["Value"]) > 256 for each in mail.get("EmailTags", [])
        ):
            raise _error(400, "BadRequestException", "bad tags")
        return mail

    def _told(self, kind: str, name: str, addresses: Sequence[str], tags: Mapping[str, Any]) -> Callback:
        moment = self.office.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        gone = [
            {"emailAddress": each, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 gone"}
            for each in addresses
        ]
        parts = {
            "Send": {"send": {}},
            "Delivery": {
                "delivery": {"timestamp": moment, "recipients": list(addresses), "smtpResponse": "250 ok"}
            },
            "Bounce": {
                "bounce": {
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": gone,
                    "timestamp": moment,
                    "feedbackId": self.office.name_of("feedback", name),
                }
            },
        }
        mail = {
            "timestamp": moment,
            "messageId": name,
            "source": SENDER,
            "destination": list(addresses),
            "tags": tags,
        }
        return self._notify({"eventType": kind, "mail": mail, **parts[kind]}, moment)

    def _notify(self, event: Mapping[str, Any], moment: str) -> Callback:
        told = {
            "Type": "Notification",
            "MessageId": self.office.name_of("notification", json.dumps(event)),
            "TopicArn": TOPIC,
            "Message": json.dumps(event),
            "Timestamp": moment,
            "SignatureVersion": "2",
            "SigningCertURL": (self.office.folder / "url").read_text() + "/sns/certificate.pem",
        }
        text = "".join(f"{name}\n{told[name]}\n" for name in _SIGNED)
        told["Signature"] = b64encode(
            _key(self.office).sign(text.encode(), padding.PKCS1v15(), SHA256())
        ).decode()
        headers = {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
        return Callback(self.office.webhook("email_ses"), json.dumps(told).encode(), headers, after=0.05)


def _check_raw(raw: Mapping[str, Any]) -> None:
    try:
        data = b64decode(str(raw.get("Data", "")), validate=True)
    except ValueError:
        raise _error(400, "BadRequestException", "Data is no base64") from None
    mail = message_from_bytes(data)
    lines = data.split(b"\r\n")
    if (
        len(data) > _LARGEST
        or max(map(len, lines)) > 998
        or not mail["From"]
        or not mail["To"]
        or mail.defects
    ):
        raise _error(400, "MessageRejected", "the message is not as RFC 5322 has it")


def _error(status: int, name: str, message: str) -> Refusal:
    return Refusal(f"{name}: {message}", Reply(status, {"message": message}, {"x-amzn-errortype": name}))


def _access_key(office: Office) -> str:
    return "AKIA" + office.secret("access key", 16).upper()


def _secret_key(office: Office) -> str:
    return office.secret("secret key", 40)


def _key(office: Office) -> rsa.RSAPrivateKey:
    """The topic's key, made once."""
    file = office.folder / "topic.pem"
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(made.private_bytes(*form))
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the topic's key is no RSA key")
    return key


def _certificate(office: Office) -> bytes:
    key, name = _key(office), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.emulated.invalid")])
    began: datetime = office.now() - timedelta(days=3_650)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=36_500))
    )
    return built.sign(key, SHA256()).public_bytes(serialization.Encoding.PEM)


def _routes(office: Office) -> Sequence[Route]:
    ses = _Ses(office)
    return [
        Route("POST", "/v2/email/outbound-emails", ses.send),
        Route("DELETE", "/v2/email/suppression/addresses/{address}", ses.forget),
        Route("GET", "/sns/certificate.pem", ses.certificate),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    (office.folder / "url").write_text(url)
    return {
        "KITH_SES_ACCESS_KEY": _access_key(office),
        "KITH_SES_SECRET_KEY": _secret_key(office),
        "KITH_SES_REGION": REGION,
        "KITH_SES_SENDER": SENDER,
        "KITH_SES_TOPICS": TOPIC,
        "KITH_SES_CERTIFICATES": url,
        "KITH_SES_BASE_URL": url,
    }


def _throttled(seconds: float) -> Reply:
    del seconds  # SES tells no time
    return Reply(429, {"message": "Rate exceeded"}, {"x-amzn-errortype": "TooManyRequestsException"})


plugin = Vendor(
    "ses",
    _routes,
    _settings,
    rate=10_000.0,
    burst=10_000.0,
    throttled=_throttled,
    broken=lambda status: Reply(
        status, {"message": None}, {"x-amzn-errortype": "InternalServiceErrorException"}
    ),
)

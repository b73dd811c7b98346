"""Where mail is handed over by SMTP, and how it is signed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from activation.channels._dkim import Signer, load_signer
from activation.channels._esp_services import SERVICES
from activation.channels._verp import ReturnPath
from kith.errors import KithError
from kith.settings import Section, load_settings


class SmtpSettings(Section, prefix="KITH_SMTP_"):
    """Where mail is handed over. `sender` is the From address and, without a `bounce_address`, the return path.

    Its default is in a domain that can never exist: real servers refuse it, so that a forgotten setting shows.
    `relay` names the e-mail service behind `host`, if it is one's, so that our message id travels with a mail and its
    events can be read; `webhook_secret` is what those are signed with, and the password of bounce mail by HTTP.
    """

    host: str
    port: int = 25
    sender: str = "no-reply@kith.example"
    sender_name: str = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    starttls: Literal["offered", "always", "never"] = "offered"
    timeout: float = 60.0
    connections: int = Field(default=4, ge=1, le=100)
    bounce_address: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_file: Path | None = None
    relay: str = ""
    webhook_secret: SecretStr = SecretStr("")

    @field_validator("relay")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and name not in SERVICES:
            raise ValueError(f"no service is known by that name; one of {', '.join(SERVICES)}")
        return name


@dataclass(frozen=True)
class Post:
    """What a connection needs to know beyond its settings, made ready once."""

    settings: SmtpSettings
    signer: Signer | None = None
    return_path: ReturnPath | None = None


def prepare(settings: SmtpSettings) -> Post:
    """Reads the key and the secret. Raises KithError, naming the setting."""
    return Post(settings, _signer(settings), return_path_of(settings))


def return_path_of(settings: SmtpSettings) -> ReturnPath | None:
    """The mailbox for bounces, where there is one."""
    if not settings.bounce_address:
        return None
    return ReturnPath(settings.bounce_address, load_settings().secret)


def _signer(settings: SmtpSettings) -> Signer | None:
    file = settings.dkim_key_file
    told = {
        "KITH_SMTP_DKIM_DOMAIN": settings.dkim_domain,
        "KITH_SMTP_DKIM_SELECTOR": settings.dkim_selector,
        "KITH_SMTP_DKIM_KEY_FILE": file,
    }
    missing = [name for name, value in told.items() if not value]
    if len(missing) == len(told):
        return None
    if missing or file is None:
        raise KithError(
            f"{missing[0]} is not set", where="DKIM", way_out="set all three, or none: .env.example"
        )
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise KithError(f"can't be read: {error.strerror}", where=f"KITH_SMTP_DKIM_KEY_FILE {file}") from None
    return load_signer(settings.dkim_domain, settings.dkim_selector, pem, str(file))

"""What comes back by HTTP for mail sent over SMTP: bounce mail that our own mail server passes on, and the events of
the service whose relay the mail went by."""

from activation.channels._bounce_mail import read_bounce
from activation.channels._esp_reading import read_rows
from activation.channels._esp_services import SERVICES
from activation.channels._esp_signatures import check_service, is_basic
from activation.channels._receiving import check, nothing_but
from activation.channels._smtp_settings import SmtpSettings, return_path_of
from activation.channels.contract import Inbound, Reading
from kith.settings import read_section

MAIL_TYPE = "message/rfc822"


def read_mail_webhook(inbound: Inbound) -> Reading:
    """`Content-Type: message/rfc822` is one mail of the bounce mailbox, with the secret as HTTP Basic password;
    anything else are the events of KITH_SMTP_RELAY. Raises BadSignature."""
    settings = read_section(SmtpSettings)
    secret = settings.webhook_secret.get_secret_value()
    if inbound.headers.get("content-type", "").partition(";")[0].strip().lower() == MAIL_TYPE:
        check(bool(secret) and is_basic(inbound, secret))
        return read_bounce(inbound.body, return_path_of(settings), inbound.received_at)
    check(settings.relay in SERVICES)
    genuine = check_service(settings.relay, secret, inbound)
    if not genuine.body.strip():
        return nothing_but("ping", "")
    return read_rows(settings.relay, SERVICES[settings.relay], genuine)

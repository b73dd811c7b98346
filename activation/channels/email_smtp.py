"""E-mail over SMTP: text, HTML and AMP parts, one-click unsubscribe, STARTTLS and login where asked for.

SMTP knows no idempotency key. A message whose answer to the final dot was lost is sent again under the same
Message-ID and listed as uncertain (RFC 5321 4.5.3.2.6 leaves the sender no better way); a refusal is judged
by `_status_codes`.
"""

from activation.channels._mail_webhook import read_mail_webhook
from activation.channels._smtp import SmtpConnection
from activation.channels._smtp_settings import SmtpSettings, prepare
from activation.channels.contract import Capabilities, ChannelPlugin, WhenUnknown
from kith.settings import environment, read_section


def _build() -> SmtpConnection:
    return SmtpConnection(prepare(read_section(SmtpSettings)))


plugin = ChannelPlugin(
    channel="email",
    provider="smtp",
    capabilities=Capabilities(
        content=frozenset({"text", "html", "amp"}),
        batch_size=100,
        honours_key=False,
        when_unknown=WhenUnknown.RESEND,
        tells_receipts=True,
    ),
    build=_build,
    read=read_mail_webhook,
    is_configured=lambda: bool(environment().get("KITH_SMTP_HOST")),
    keeps="a mail server of ours keeps no mail once it handed it on",
)

"""The e-mail services whose relays mail may go by, and how each of them tells what became of it.

SendGrid and SES, which have channels of their own, are in _sendgrid.py and _sns.py.
"""

from collections.abc import Mapping

from activation.channels._esp_flat import FLAT
from activation.channels._esp_nested import NESTED
from activation.channels._esp_reading import OURS, Service

SERVICES: Mapping[str, Service] = {**FLAT, **NESTED}

#: The header by which our message id travels through a relay, and comes back in its events.
RELAY_HEADERS: Mapping[str, str] = {
    "brevo": f'X-Mailin-custom: {{{{"{OURS}":"{{}}"}}}}',
    "mailgun": f'X-Mailgun-Variables: {{{{"{OURS}":"{{}}"}}}}',
    "mailjet": f"X-MJ-CustomID: {OURS}={{}}",
    "mailtrap": f'X-MT-Custom-Variables: {{{{"{OURS}":"{{}}"}}}}',
    "mandrill": f'X-MC-Metadata: {{{{"{OURS}":"{{}}"}}}}',
    "postmark": f"X-PM-Metadata-{OURS}: {{}}",
    "sparkpost": f'X-MSYS-API: {{{{"metadata":{{{{"{OURS}":"{{}}"}}}}}}}}',
    "unisender_go": f'X-UNIONE: {{{{"metadata":{{{{"{OURS}":"{{}}"}}}}}}}}',
}

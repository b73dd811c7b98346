"""Where each channel writes to: one table for the plan, the gates, lists of consent and the reach of a segment."""

from __future__ import annotations

from collections.abc import Mapping

#: The type of identifier that a channel's address is. A channel that isn't here takes addresses that no profile holds.
ADDRESS_TYPES: Mapping[str, str] = {
    "email": "email",
    "sms": "phone",
    "voice": "phone",
    "whatsapp": "phone",
    "rcs": "phone",
    "in_app": "user_id",
    "web_message": "user_id",
    "webhook": "user_id",
}

_EMAIL = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"
)

#: What an address must look like, by its type (RE2, whole text). E-mail: the dot-atom form of RFC 5322 over ASCII and a
#: domain with a dot; an internationalised one needs an extension that few servers offer. Phone: E.164.
FORMS: Mapping[str, str] = {"email": _EMAIL, "phone": r"\+[1-9][0-9]{6,14}"}

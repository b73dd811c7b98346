"""Where each channel writes to: one table for the plan, the gates, lists of consent and the reach of a segment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

#: The kinds of address that a channel writes to, the first of which is asked first. A channel that isn't here takes
#: addresses that no profile holds. Kinds that identity doesn't know are rows of the published table `addresses`.
ADDRESS_TYPES: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("phone",),
    "voice": ("phone",),
    "whatsapp": ("phone",),
    "rcs": ("phone",),
    "push": ("apns_token", "web_push", "fcm_token"),
    "messenger": ("messenger_id",),
    "viber": ("viber_id",),
    "zalo": ("zalo_id", "phone"),
    "in_app": ("user_id",),
    "web_message": ("user_id",),
    "webhook": ("user_id",),
}
#: Those that name a person: consent is kept for them.
IDENTIFIER_TYPES = ("email", "phone", "user_id")
#: The column of `profiles` that says whether a person has an address on a channel: the address itself, or yes or no.
REACHED_BY: Mapping[str, str] = {
    channel: types[0] if types[0] in IDENTIFIER_TYPES else f"has_{channel}"
    for channel, types in ADDRESS_TYPES.items()
}

_EMAIL = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"
)

#: What an address must look like, by its type (RE2, whole text). E-mail: the dot-atom form of RFC 5322 over ASCII and a
#: domain with a dot; an internationalised one needs an extension that few servers offer. Phone: E.164. An APNs token is
#: hex, and FCM's never is: that tells the two apart.
FORMS: Mapping[str, str] = {
    "email": _EMAIL,
    "phone": r"\+[1-9][0-9]{6,14}",
    "apns_token": r"[0-9a-fA-F]{64,200}",
    "fcm_token": r"[A-Za-z0-9_:.=-]+",
    "web_push": r"\{.*\}",
    "messenger_id": r"[0-9]+",
    "viber_id": r"[!-~]+",
    "zalo_id": r"[0-9]+",
}
#: A browser's subscription, with its keys, is an address too.
LONGEST_ADDRESS, LONGEST_BY_CHANNEL = 254, {"push": 4096}


def address_type(channel: str, address: str) -> str:
    """The kind that an address of this channel is, by its form; empty for a channel that isn't listed."""
    types = ADDRESS_TYPES.get(channel, ("",))
    if len(types) == 1:
        return types[0]
    return next((each for each in types if _form(each).fullmatch(address)), types[-1])


def address_type_sql(channel: str, address: str) -> str:
    """The same over two columns, in SQL; NULL for a channel that isn't listed."""
    cases = []
    for name, types in ADDRESS_TYPES.items():
        for each in types[:-1]:
            cases.append(f"WHEN {channel} = '{name}' AND {has_form_sql(each, address)} THEN '{each}'")
        cases.append(f"WHEN {channel} = '{name}' THEN '{types[-1]}'")
    return f"CASE {' '.join(cases)} END"


def has_form_sql(kind: str, address: str) -> str:
    """Whether a column's whole text has the form of a kind; kinds without a form take any text."""
    if kind not in FORMS:
        return "true"
    quoted = FORMS[kind].replace("'", "''")
    return f"regexp_full_match({address}, '{quoted}')"


def consent_type(channel: str) -> str:
    """The kind of identifier that a list of a channel's people holds unless somebody says otherwise."""
    first = ADDRESS_TYPES.get(channel, ("user_id",))[0]
    return first if first in IDENTIFIER_TYPES else "user_id"


@cache
def _form(kind: str) -> re.Pattern[str]:
    return re.compile(FORMS.get(kind, ".*"))

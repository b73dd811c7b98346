"""What names a person at an advertiser: normalised and hashed as each vendor says. An empty value has no hash."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from hashlib import sha256

_SPACE = re.compile(r"\s+")
_NO_DIGIT = re.compile(r"\D+")
_GOOGLE_MAIL = ("gmail.com", "googlemail.com")


def hashed(text: str) -> str:
    """SHA-256 as lower-case hex; empty stays empty."""
    return sha256(text.encode()).hexdigest() if text else ""


def email_for_google(text: str) -> str:
    """Lower case, no white space; at Google's own mailboxes dots and what follows a plus name nobody else."""
    email = _SPACE.sub("", text).lower()
    local, _, domain = email.rpartition("@")
    if domain in _GOOGLE_MAIL:
        local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local and domain else ""


def email_for_meta(text: str) -> str:
    """Trimmed, lower case; dots and tags stay."""
    email = text.strip().lower()
    return email if "@" in email else ""


def phone_for_google(text: str) -> str:
    """E.164 with its plus; a number without a country is nobody's."""
    digits = _NO_DIGIT.sub("", text)
    return f"+{digits}" if text.strip().startswith("+") and 8 <= len(digits) <= 15 else ""


def phone_for_meta(text: str) -> str:
    """Digits with the country's, no plus, no leading zeros."""
    return phone_for_google(text).lstrip("+")


def name_for_google(text: str) -> str:
    return text.strip().lower()


def name_for_meta(text: str) -> str:
    """Lower case, no punctuation; letters of every script stay."""
    kept = (each for each in text.strip().lower() if unicodedata.category(each)[0] in "LMN")
    return "".join(kept)


def country(text: str) -> str:
    """ISO 3166 of two letters, lower case."""
    code = text.strip().lower()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def postcode_for_meta(text: str) -> str:
    """No spaces; of a US code the first five."""
    code = _SPACE.sub("", text).lower()
    return code[:5] if re.fullmatch(r"\d{5}-?\d{4}", code) else code


def _digits(width: int) -> Callable[[str], str]:
    return lambda text: text.zfill(width) if text.isdigit() and len(text) <= width else ""


#: Meta's keys by the field's name in a definition: (key, how it is normalised, whether it is hashed).
META_KEYS: Mapping[str, tuple[str, Callable[[str], str], bool]] = {
    "email": ("EMAIL", email_for_meta, True),
    "phone": ("PHONE", phone_for_meta, True),
    "first_name": ("FN", name_for_meta, True),
    "last_name": ("LN", name_for_meta, True),
    "city": ("CT", name_for_meta, True),
    "state": ("ST", name_for_meta, True),
    "postcode": ("ZIP", postcode_for_meta, True),
    "country": ("COUNTRY", country, True),
    "birth_year": ("DOBY", _digits(4), True),
    "birth_month": ("DOBM", _digits(2), True),
    "birth_day": ("DOBD", _digits(2), True),
    "gender": (
        "GEN",
        lambda text: text.strip().lower()[:1] if text.strip().lower()[:1] in "mf" else "",
        True,
    ),
    "mobile_id": ("MADID", lambda text: text.strip().lower(), False),
    "external_id": ("EXTERN_ID", lambda text: text.strip(), False),
}

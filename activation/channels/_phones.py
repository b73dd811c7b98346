"""Telephone numbers in the one form that vendors understand: E.164, `+` and digits.

A number without `+` is nobody's: its country is never guessed, unless KITH_PHONE_REGION names one for the whole
workspace. A number that could exist is sent to, for a numbering plan grows faster than any table of it; the vendor
refuses what does not exist and asks nothing for it. What can't exist is refused here.
"""

import re
from functools import lru_cache

from activation.channels.contract import Refused
from kith.settings import Section

_SHAPE = re.compile(r"\+[1-9]\d{6,14}")
_OLD_MEXICAN_MOBILE = re.compile(r"\+521(\d{10})")
# Digits of any script and the marks that people put between them; no letters, no extension, no line end.
_WRITTEN = re.compile(r"\+?[\d ()./\u00a0\u2010-\u2015-]{3,40}")


class PhoneSettings(Section, prefix="KITH_PHONE_"):
    """`region`: ISO 3166 country of numbers without a country code; empty: they are refused. `fiction`: prefixes,
    separated by commas, of numbers that belong to no country and are let through as they are (a sandbox's)."""

    region: str = ""
    fiction: str = ""


NO_REGION = PhoneSettings()


def e164(number: str, settings: PhoneSettings = NO_REGION) -> str:
    """`+` and digits. Raises contract.Refused: bad_address, no_international_form."""
    return _e164(number, settings.region.upper(), settings.fiction)


def digits(number: str, settings: PhoneSettings = NO_REGION) -> str:
    """The same without `+`, as Vonage and WhatsApp write it."""
    return e164(number, settings)[1:]


def from_digits(told: str) -> str:
    """A vendor's digits as an address of ours, as they are where they are no number."""
    number = f"+{told}" if re.fullmatch(r"[1-9]\d{6,14}", told) else told
    match = _OLD_MEXICAN_MOBILE.fullmatch(number)
    return f"+52{match[1]}" if match else number


@lru_cache(maxsize=65_536)
def _e164(number: str, region: str, fiction: str) -> str:
    if not _WRITTEN.fullmatch(number):
        raise Refused("bad_address", "not a telephone number")
    invented = tuple(prefix for prefix in (each.strip() for each in fiction.split(",")) if prefix)
    if invented and number.startswith(invented) and _SHAPE.fullmatch(number) and number.isascii():
        return number
    return _plausible(number, region)


def _plausible(number: str, region: str) -> str:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region or None)
    except phonenumbers.NumberParseException as failure:
        if failure.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and "+" not in number:
            raise Refused("no_international_form", "a number without + and country code") from None
        raise Refused("bad_address", "not a telephone number") from None
    form = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    # Mexico dropped the 1 before mobiles in 2019; WhatsApp and old records still have it.
    if match := _OLD_MEXICAN_MOBILE.fullmatch(form):
        return f"+52{match[1]}"
    if parsed.extension or not phonenumbers.is_possible_number(parsed) or not _SHAPE.fullmatch(form):
        raise Refused("bad_address", "not a number that could exist, or one with an extension")
    return form

"""E-mail addresses: the form that is sent, and the form under which two spellings are the same mailbox.

Sent as given, but for the domain, which goes out in lower-case ASCII. Compared case-folded. A `+tag` and dots are part
of the address: only some providers ignore them, and whose they are can't be known from here.
"""

import re
from functools import lru_cache

from activation.channels.contract import Refused

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]+@[^\s<>()\[\],;:\\\"@]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LONGEST_LOCAL, _LONGEST_DOMAIN, _LONGEST = 64, 253, 254


@lru_cache(maxsize=65_536)
def sendable(address: str) -> str:
    """The address as SMTP carries it, its domain in ASCII. Raises contract.Refused.

    Looser than RFC 5321 where real mailboxes are (two dots in a row, a dot at the end: old Japanese providers), and
    stricter where only attacks are (quoted local parts, comments, IP literals, invisible characters).
    """
    if not _ADDRESS.fullmatch(address) or _CONTROL.search(address):
        raise Refused("bad_address", "not an address that SMTP can carry")
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise Refused("needs_smtputf8", "a local part outside ASCII needs SMTPUTF8")
    domain = _ascii_domain(domain)
    if len(local) > _LONGEST_LOCAL or len(local) + len(domain) + 1 > _LONGEST:
        raise Refused("bad_address", "longer than an address may be")
    return f"{local}@{domain}"


def comparable(address: str) -> str:
    """The form under which two spellings are one mailbox, for suppression. An address that can't be sent is folded as
    it stands, so that it can be suppressed all the same."""
    try:
        return sendable(address.strip()).casefold()
    except Refused:
        return address.strip().casefold()


def domain_of(address: str) -> str:
    """What throttles and warm-up count by: the domain of a sendable address, lower-case ASCII."""
    return address.rpartition("@")[2].lower()


@lru_cache(maxsize=65_536)
def _ascii_domain(domain: str) -> str:
    """Lower-case ASCII by IDNA 2008 (straße.de is not strasse.de)."""
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise Refused("bad_address", "the domain has no ASCII form") from error
    labels = domain.split(".")
    if len(domain) > _LONGEST_DOMAIN or not all(map(_LABEL.fullmatch, labels)):
        raise Refused("bad_address", "no domain can be called that")
    return domain.lower()


def check(address: str) -> str:
    """Why a person should look at this address before it is kept, in a sentence; empty where it is fine.

    The judgement of email-validator, which knows reserved names and normal forms; for forms and imports, not for each
    message (some 20 µs). Asks no name server.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False, strict=True, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error)
    return ""

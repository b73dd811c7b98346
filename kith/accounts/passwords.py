"""Passwords are kept as Argon2id hashes with a salt each (RFC 9106), by the library's own parameters.

A hash made with weaker parameters is made anew at the next sign-in.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kith.errors import KithError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1_024  # characters; a longer one would only cost time


def hash_password(password: str) -> str:
    """The hash to keep. Raises KithError for a password that is too short, or absurdly long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise KithError(
            f"the password has {len(password)} characters",
            expected=f"{SHORTEST} to {LONGEST}",
            where="password",
        )
    return _hasher().hash(password)


def is_password(kept: str, password: str) -> bool:
    """Whether this is the password of that hash. Takes as long for a wrong one."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def nobody() -> str:
    """The hash of no password: compared with where there is no such account, so that names can't be told by time."""
    return _hasher().hash("nobody has this password")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()

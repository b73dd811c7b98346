"""Stable ids, and chance as a hash of them.

The same answers on every engine (tests hold the vectors):

    stable_id(a, b)   SQL: md5(a || chr(31) || b)
    bucket(id, salt)  SQL: the first 8 hex digits of md5(salt || ':' || id), as a number
"""

from __future__ import annotations

from hashlib import md5

SEPARATOR = "\x1f"
BUCKETS = 2**32


def stable_id(*parts: str) -> str:
    """The md5 (32 hex digits) of the parts joined by the unit separator. Order matters; none may be None."""
    if not all(isinstance(part, str) for part in parts):
        raise TypeError(f"parts of an id are text, got {[type(part).__name__ for part in parts]}")
    return md5(SEPARATOR.join(parts).encode(), usedforsecurity=False).hexdigest()


def bucket(identifier: str, salt: str) -> int:
    """A number in [0, 2**32) that depends on the salt and the id alone, uniform over ids."""
    return int(md5(f"{salt}:{identifier}".encode(), usedforsecurity=False).hexdigest()[:8], 16)


def share(identifier: str, salt: str) -> float:
    """`bucket` as a share in [0, 1): `share(id, salt) < 0.1` takes a stable tenth."""
    return bucket(identifier, salt) / BUCKETS

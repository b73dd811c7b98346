"""Finding people by whatever somebody knows of them: an identifier, an order, an id, the beginning of a name."""

from __future__ import annotations

import re
from typing import Any

from dashboards.reader import Reader

#: A search by first letters begins at this many; what equals an identifier is found at any length.
SHORTEST_PREFIX, MOST = 3, 20
_NUMBER = re.compile(r"\+[\d\s()./-]{6,}")

_PEOPLE = """
    SELECT
        profiles.profile_id,
        any_value(hits.found_by) AS found_by,
        any_value(profiles.first_name) AS first_name,
        any_value(profiles.last_name) AS last_name,
        any_value(profiles.email) AS email,
        any_value(profiles.user_id) AS user_id,
        any_value(profiles.country) AS country,
        any_value(profiles.order_count) AS order_count,
        any_value(profiles.last_seen_at) AS last_seen_at
    FROM hits
    INNER JOIN profiles ON profiles.profile_id = hits.profile_id
    GROUP BY profiles.profile_id
    ORDER BY last_seen_at DESC NULLS LAST, profiles.profile_id
    LIMIT $limit"""


def find_people(reader: Reader, text: str, limit: int = MOST) -> list[dict[str, Any]]:
    """Profiles that the text names; where none does, those whose identifier, id or name begins with it.

    An equal value is one look into each table; first letters are sought only where nothing is equal, so the usual
    search of a whole address never scans names. A masked visitor finds by ids alone.
    """
    wanted = _as_kept(text.strip())
    if not wanted:
        return []
    found = reader.rows(_exact(reader), wanted=wanted, limit=limit)
    if found or len(wanted) < SHORTEST_PREFIX:
        return found
    return reader.rows(_beginning(reader), wanted=wanted, limit=limit)


def _as_kept(text: str) -> str:
    """A number as people write it, `+44 20 7946-0000`, without what only helps to read it."""
    return re.sub(r"[\s()./-]", "", text) if _NUMBER.fullmatch(text) else text


def _exact(reader: Reader) -> str:
    """Each part compares one column with constants, which row groups answer without being read whole."""
    types = "AND identifier_type IN ('user_id', 'anonymous_id')" if reader.is_masked else ""
    orders = (
        "UNION ALL SELECT profile_id, 'order' AS found_by FROM orders WHERE order_id = $wanted"
        if "order_id" in reader.columns("orders")
        else ""
    )
    # A trait need not be an identifier: a shop may keep phones and join by none.
    addresses = (
        "UNION ALL SELECT profile_id, 'address' FROM profiles WHERE email = lower($wanted) OR phone = $wanted"
    )
    addresses = "" if reader.is_masked else addresses
    return f"""
    WITH hits AS (
        SELECT profile_id, identifier_type AS found_by FROM identities
        WHERE identifier_value IN ($wanted, lower($wanted)) {types}
        UNION ALL
        SELECT profile_id, 'profile_id' AS found_by FROM profiles WHERE profile_id = lower($wanted)
        {addresses}
        UNION ALL
        SELECT profile_id, 'earlier profile_id' AS found_by FROM profile_aliases WHERE alias_id = lower($wanted)
        {orders}
    )
    {_PEOPLE}"""


def _beginning(reader: Reader) -> str:
    types = "AND identifier_type IN ('user_id', 'anonymous_id')" if reader.is_masked else ""
    names = """
        UNION ALL
        SELECT profile_id, 'name' AS found_by FROM profiles
        WHERE starts_with(lower(first_name), lower($wanted)) OR starts_with(lower(last_name), lower($wanted))
            OR starts_with(lower(first_name || ' ' || last_name), lower($wanted))"""
    return f"""
    WITH hits AS (
        SELECT profile_id, identifier_type AS found_by FROM identities
        WHERE (starts_with(identifier_value, $wanted) OR starts_with(identifier_value, lower($wanted))) {types}
        UNION ALL
        SELECT profile_id, 'profile_id' AS found_by FROM profiles WHERE starts_with(profile_id, lower($wanted))
        {"" if reader.is_masked else names}
    )
    {_PEOPLE}"""


def seen_last(reader: Reader, limit: int = MOST) -> list[dict[str, Any]]:
    """Those who were seen last, for a start."""
    return reader.rows(
        """
        SELECT profile_id, '' AS found_by, first_name, last_name, email, user_id, country, order_count, last_seen_at
        FROM profiles WHERE NOT coalesce(is_bot, false)
        ORDER BY last_seen_at DESC NULLS LAST, profile_id LIMIT $limit""",
        limit=limit,
    )

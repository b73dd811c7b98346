"""Reachability: is there an address that this channel can use?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activation.addresses import ADDRESS_TYPES, LONGEST_ADDRESS, LONGEST_BY_CHANNEL, has_form_sql
from activation.contract import Reason
from activation.gates.contract import Gate

if TYPE_CHECKING:
    import duckdb


class Reachability(Gate):
    """Withholds where the address is missing or is none; a channel without a form takes any text."""

    reason = Reason.UNREACHABLE
    plan_order = 40
    is_pure = True

    def withheld(self, connection: duckdb.DuckDBPyConnection) -> str:
        forms = " ".join(
            f"WHEN channel = '{channel}' THEN ({' OR '.join(has_form_sql(kind, 'address') for kind in kinds)})"
            for channel, kinds in ADDRESS_TYPES.items()
        )
        longest = " ".join(
            f"WHEN channel = '{channel}' THEN {length}" for channel, length in LONGEST_BY_CHANNEL.items()
        )
        return f"""
            SELECT seq, place,
                   CASE WHEN coalesce(address, '') = '' THEN 'no address' ELSE 'malformed' END AS detail
            FROM attempts
            WHERE coalesce(address, '') = ''
               OR length(address) > CASE {longest} ELSE {LONGEST_ADDRESS} END
               OR NOT CASE {forms} ELSE true END"""


plugin = Reachability()

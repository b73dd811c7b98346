"""Reachability: is there an address that this channel can use?"""

from __future__ import annotations

from activation.addresses import ADDRESS_TYPES, FORMS
from activation.contract import Reason
from activation.gates.contract import Gate, PlanView

LONGEST_ADDRESS = 254
#: A browser's subscription, with its keys, is an address too.
LONGEST_BY_CHANNEL = {"push": 4096}


class Reachability(Gate):
    """Withholds where the address is missing or is none; a channel without a form takes any text."""

    reason = Reason.UNREACHABLE
    plan_order = 40

    def refusals(self, view: PlanView) -> str:
        forms = " ".join(
            f"WHEN channel = '{channel}' THEN regexp_full_match(address, {_text(FORMS[kind])})"
            for channel, kind in ADDRESS_TYPES.items()
            if kind in FORMS
        )
        longest = " ".join(
            f"WHEN channel = '{channel}' THEN {length}" for channel, length in LONGEST_BY_CHANNEL.items()
        )
        return f"""
            SELECT message_id,
                   CASE WHEN coalesce(address, '') = '' THEN 'no address' ELSE 'malformed' END AS detail
            FROM candidates
            WHERE coalesce(address, '') = ''
               OR length(address) > CASE {longest} ELSE {LONGEST_ADDRESS} END
               OR NOT CASE {forms} ELSE true END"""


def _text(form: str) -> str:
    quoted = form.replace("'", "''")
    return f"'{quoted}'"


plugin = Reachability()

"""Reachability: is there an address that this channel can use?"""

from __future__ import annotations

from activation.contract import Reason
from activation.gates.contract import Gate, PlanView

#: What an address must look like, by channel (RE2, whole text). E-mail: the dot-atom form of RFC 5322 over
#: ASCII and a domain with a dot; an internationalised one needs an extension that few servers offer.
ADDRESS_FORMS = {
    "email": r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]",
    "sms": r"\+[1-9][0-9]{6,14}",
}
LONGEST_ADDRESS = 254


class Reachability(Gate):
    """Withholds where the address is missing or is none; a channel without a form takes any text."""

    reason = Reason.UNREACHABLE
    plan_order = 40

    def refusals(self, view: PlanView) -> str:
        forms = " ".join(
            f"WHEN channel = '{channel}' THEN regexp_full_match(address, {_text(form)})"
            for channel, form in ADDRESS_FORMS.items()
        )
        return f"""
            SELECT message_id,
                   CASE WHEN coalesce(address, '') = '' THEN 'no address' ELSE 'malformed' END AS detail
            FROM candidates
            WHERE coalesce(address, '') = ''
               OR length(address) > {LONGEST_ADDRESS}
               OR NOT CASE {forms} ELSE true END"""


def _text(form: str) -> str:
    quoted = form.replace("'", "''")
    return f"'{quoted}'"


plugin = Reachability()

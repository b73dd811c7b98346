"""What delivery did with it: each vendor asked, each answer, each receipt; and the body, rendered again."""

from __future__ import annotations

from collections.abc import Iterator

from activation.delivery.bodies import body_of
from activation.delivery.dead_letters import trace
from activation.lineage.entry import Entry
from kith.errors import KithError
from kith.settings import Settings
from kith.times import to_utc_naive

NEVER_LEFT = "never handed over"


def delivery_entries(settings: Settings, message_id: str) -> Iterator[Entry]:
    """The ledger's story of it, in order; the plan, which the lineage tells itself, left out."""
    try:
        told = trace(settings, message_id)
    except KithError:  # a message that was withheld, or that no worker has taken up yet
        return
    for each in told:
        if each["what"] == "planned":
            continue
        names = ("channel", "provider", "outcome", "reason", "detail", "provider_code", "attempt")
        detail = {name: each[name] for name in names}
        yield Entry("delivery", each["what"], to_utc_naive(each["at"]), detail, "ledger")


def body_entry(settings: Settings, message_id: str) -> Entry:
    """The hash of the body as it is rendered from what was frozen, and as it was handed over. They must be one."""
    try:
        body = body_of(settings, message_id)
    except KithError as error:
        return Entry("body", NEVER_LEFT, None, {"problem": str(error)})
    detail = {"content_hash": body.content.content_hash, "handed_over": body.handed_over}
    if not body.handed_over:
        return Entry("body", NEVER_LEFT, None, detail)
    return Entry("body", "proven" if body.is_proven else "differs", None, detail)

"""`kith lineage`: where one message comes from."""

from __future__ import annotations

import click

from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import load_settings


@click.command()
@click.argument("message_id")
@with_output("csv")
def lineage(out: Output, message_id: str) -> None:
    """Everything that made a message: definitions, the person's way, segment, scores, gates, consent, raw events,
    vendors, and its body rendered again. Exit 1 where that body is not what was handed over."""
    from activation.lineage.telling import lineage_of

    told = lineage_of(load_settings(), message_id)
    if out.is_json:
        parts: dict[str, list[dict[str, object]]] = {}
        for each in told:
            parts.setdefault(each.part, []).append(each.record())
        out.summary(parts)
    else:
        out.rows([each.row() for each in told])
    if any(each.part == "body" and each.what == "differs" for each in told):
        raise KithError(
            "the body is not what was handed over",
            way_out="a renderer, a secret or KITH_PUBLIC_URL that changed since; see the hashes above",
        )

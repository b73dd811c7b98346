"""`kith identity`: how identifiers became profiles."""

from __future__ import annotations

import click

from identity.matching.commands import match
from kith.cli import Output, with_output


@click.group("identity")
def identity() -> None:
    """How identifiers became profiles."""


@identity.command("explain")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@with_output()
def explain_pair(out: Output, left: str, right: str) -> None:
    """The path of evidence between two identifiers, or the pairs between them that were set aside.

    A and B are `type:value` (user_id:u1, email:ann@example.com), or a value of any type.
    """
    from dataclasses import asdict

    from identity.explain import explain
    from kith.settings import load_settings

    found = explain(load_settings(), left, right)
    one = f"{found.left} and {found.right}"
    verdict = "are one profile" if found.is_one_profile else "are two profiles"
    if out.is_json:
        out.summary({**asdict(found), "is_one_profile": found.is_one_profile})
        return
    profiles = sorted({found.left.profile_id, found.right.profile_id})
    out.summary({"verdict": f"{one} {verdict}", "profile": ", ".join(profiles)})
    if found.path:
        out.rows([_shown(asdict(each)) for each in found.path], title="joined by")
    if found.set_aside:
        out.rows([asdict(each) for each in found.set_aside], title="seen together and set aside")
    elif not found.path and not found.is_one_profile:
        out.note("No event ever named identifiers of both together.")


@identity.command("stats")
@with_output()
def stats(out: Output) -> None:
    """Identifiers, profiles and pairs set aside, by type."""
    from identity.statistics import count_identifiers
    from kith.settings import load_settings

    out.rows(count_identifiers(load_settings()))


def _shown(row: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != "reason"}


identity.add_command(match)

"""`kith identity`: how identifiers became profiles."""

from __future__ import annotations

from pathlib import Path

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
        rows = [asdict(each) for each in found.path]
        has_reason = any(each.reason for each in found.path)
        out.rows(rows if has_reason else [_shown(row) for row in rows], title="joined by")
    if found.set_aside:
        out.rows([asdict(each) for each in found.set_aside], title="seen together and set aside")
    elif not found.path and not found.is_one_profile:
        out.note("No event ever named identifiers of both together.")
    if found.decisions:
        out.rows([asdict(each) for each in found.decisions], title="decided by hand")


@identity.command("split")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--reason", default="", help="Why; kept with the exception.")
@click.option("--undo", is_flag=True, help="Lift the exception: evidence may join the two again.")
@with_output()
def split(out: Output, left: str, right: str, reason: str, undo: bool) -> None:
    """Keep two identifiers apart whatever the evidence says. It takes effect with the next run.

    A and B are `type:value`, or a value of any type. The exception is an event of the log like any other.
    """
    from identity.splitting import decide
    from kith.settings import load_settings

    decision = decide(load_settings(), left, right, is_apart=not undo, reason=reason)
    out.summary(
        {
            "pair": f"{decision.left} and {decision.right}",
            "decision": "may join again" if undo else "are kept apart",
            "now": "one profile" if decision.is_one_profile else "two profiles",
            "event": decision.event_id,
            "effect": "with the next run",
        }
    )


@identity.command("diff")
@click.argument("rules", type=click.Path(path_type=Path))
@with_output()
def diff(out: Output, rules: Path) -> None:
    """What other RULES (a YAML file) would make of the same log. Nothing is written."""
    from identity.diff import diff_rules
    from kith.settings import load_settings

    found = diff_rules(load_settings(), rules)
    if out.is_json:
        out.summary({**vars(found.changes), "is_changed": not found.changes.is_empty, **found.samples})
        return
    out.summary(vars(found.changes))
    for title, rows in found.samples.items():
        if rows:
            out.rows([_joined(row) for row in rows], title=title)


@identity.command("proposals")
@with_output("csv")
def proposals(out: Output) -> None:
    """Merges proposed by likeness (definitions/identity/matching.yml), and what became of each."""
    from identity.proposals import list_proposals
    from kith.settings import load_settings

    out.rows(list_proposals(load_settings()))


@identity.command("stats")
@with_output()
def stats(out: Output) -> None:
    """Identifiers, profiles and pairs set aside, by type."""
    from identity.statistics import count_identifiers
    from kith.settings import load_settings

    out.rows(count_identifiers(load_settings()))


def _joined(row: dict[str, object]) -> dict[str, object]:
    return {key: ", ".join(map(str, each)) if isinstance(each, list) else each for key, each in row.items()}


def _shown(row: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != "reason"}


identity.add_command(match)

"""`kith segments`: what the definitions say, whom they hold, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kith.cli import Output, with_output

if TYPE_CHECKING:
    from activation.segments.explain import Verdict

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 20


@click.group("segments")
def segments() -> None:
    """Who is in which segment, and why."""


@segments.command("list")
@with_output()
def list_segments(out: Output) -> None:
    """Every segment with its size at the last evaluation."""
    from activation.segments.listing import list_all
    from kith.settings import load_settings

    out.rows(list_all(load_settings()))


@segments.command("preview")
@click.argument("file", type=FILE)
@with_output()
def preview_file(out: Output, file: Path) -> None:
    """Size, share, sample, reach, overlap and twelve weeks' trend of a definition in the current snapshot."""
    from dataclasses import asdict

    from activation.segments.preview import preview
    from kith.settings import load_settings

    found = preview(load_settings(), file)
    if out.is_json:
        out.summary(asdict(found))
        return
    out.summary(
        {
            "segment": found.segment,
            "as of": found.as_of,
            "members": found.size,
            "share of profiles": found.share,
            "sample": ", ".join(found.sample),
            f"{len(found.trend) - 1} weeks": sparkline([each.size for each in found.trend]),
        }
    )
    if found.reach:
        out.rows([asdict(each) for each in found.reach], title="reach after consent to marketing")
    if found.overlaps:
        out.rows([asdict(each) for each in found.overlaps], title="shared with the segments in force")
    out.note(f"The weeks tell {found.trend_note}.")
    for event in found.unseen_events:
        out.note(f"No event '{event}' was ever seen; is the name right?")


def sparkline(sizes: list[int]) -> str:
    """A bar a number between nobody and the most, with the first and the last number."""
    most = max([*sizes, 1])
    bars = "".join("▁▂▃▄▅▆▇█"[size * 7 // most] for size in sizes)
    return f"{bars}  {sizes[0]:,} to {sizes[-1]:,}"


@segments.command("diff")
@click.argument("file", type=FILE)
@with_output()
def diff_file(out: Output, file: Path) -> None:
    """Who would enter and who would leave if FILE became the definition."""
    from dataclasses import asdict

    from activation.segments.diff import compare
    from kith.settings import load_settings

    found = compare(load_settings(), file)
    if out.is_json:
        out.summary(asdict(found))
        return
    counts = {"before": found.before, "after": found.after}
    moves = {"entering": len(found.entering), "leaving": len(found.leaving)}
    out.summary({"segment": found.segment, "as of": found.as_of, **counts, **moves})
    rows = [{"profile_id": each, "would": "enter"} for each in found.entering[:SHOWN]]
    rows += [{"profile_id": each, "would": "leave"} for each in found.leaving[:SHOWN]]
    if rows:
        out.rows(rows, title=f"the first {SHOWN} of each")


@segments.command("explain")
@click.argument("segment")
@click.argument("profile")
@with_output()
def explain_membership(out: Output, segment: str, profile: str) -> None:
    """The tree of SEGMENT with each condition's value and truth for PROFILE (its id, or any identifier)."""
    from dataclasses import asdict

    from activation.segments.explain import explain
    from kith.settings import load_settings

    found = explain(load_settings(), segment, profile)
    if out.is_json:
        out.summary({**asdict(found), "is_member": found.is_member})
        return
    verdict = "is in" if found.is_member else "is not in"
    rows = _lines(found.verdict)
    out.rows(rows, title=f"{found.profile_id} {verdict} {found.segment}, as of {found.as_of}")


def _lines(verdict: Verdict, depth: int = 0) -> list[dict[str, Any]]:
    value = "" if verdict.children else "missing" if verdict.value is None else str(verdict.value)
    line = {"condition": "  " * depth + verdict.condition, "holds": verdict.is_true, "value": value}
    return [line, *(each for child in verdict.children for each in _lines(child, depth + 1))]


@segments.command("confirm")
@click.argument("segment")
@click.option("--by", default=None, help="Who confirms; the user of this machine unless told.")
@with_output()
def confirm_audience(out: Output, segment: str, by: str | None) -> None:
    """Let the held audience of SEGMENT pass. It takes effect with the next evaluation."""
    from activation.segments.membership.confirmations import confirm
    from kith.clock import system_clock
    from kith.errors import KithError
    from kith.settings import environment, load_settings

    settings, who = load_settings(), by or environment().get("USER")
    if not who:
        raise KithError("nobody is named as confirming", way_out="say who with --by")
    made = confirm(settings, segment, who, system_clock(settings).now())
    found = {"segment": made.segment, "found": made.found_count, "confirmed by": made.confirmed_by}
    out.summary({**found, "effect": "with the next evaluation"})


@segments.command("lint")
@click.argument("files", nargs=-1, type=FILE)
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@with_output()
def lint_files(out: Output, files: tuple[Path, ...], strict: bool) -> None:
    """What FILES (or all definitions) say that can't be meant. Fails where there is an error."""
    from dataclasses import asdict

    from activation.segments.linting import Severity, lint
    from kith.settings import load_settings

    found = lint(load_settings(), files)
    if out.is_json:
        out.rows([asdict(each) for each in found])
    else:
        for each in found:
            place = f"{each.file}:{each.line}: {each.field}" if each.line else each.file
            click.echo(f"{place or 'segments'}: {each.severity}: {each.message} [{each.rule}]")
        counts = [(kind, sum(each.severity is kind for each in found)) for kind in Severity]
        out.note(", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts))
    failing = {Severity.ERROR, *([Severity.WARNING] if strict else [])}
    if any(each.severity in failing for each in found):
        raise click.exceptions.Exit(1)


@segments.command("schema")
def print_schema() -> None:
    """The grammar as a JSON Schema, for editors."""
    import json

    from activation.segments.grammar import json_schema

    click.echo(json.dumps(json_schema(), indent=2))

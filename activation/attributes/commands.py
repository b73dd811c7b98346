"""`kith attributes`: what the definitions say, what they come to, and why."""

from __future__ import annotations

from pathlib import Path

import click

from kith.cli import Output, with_output

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("attributes")
def attributes() -> None:
    """Values of a profile that definitions make of its events."""


@attributes.command("list")
@with_output()
def list_attributes(out: Output) -> None:
    """Every attribute with how many profiles had a value at the last evaluation."""
    from activation.attributes.listing import list_all
    from kith.settings import load_settings

    out.rows(list_all(load_settings()))


@attributes.command("preview")
@click.argument("file", type=FILE)
@with_output()
def preview_file(out: Output, file: Path) -> None:
    """What FILE comes to for the profiles of the current snapshot; nothing is written."""
    from dataclasses import asdict

    from activation.attributes.preview import preview
    from kith.settings import load_settings

    found = preview(load_settings(), file)
    if out.is_json:
        out.summary({**asdict(found), "share": found.share})
        return
    summary = {
        "attribute": found.attribute,
        "type": found.type,
        "as of": found.as_of,
        "profiles with a value": f"{found.with_value} of {found.profiles}",
        "all others have": found.default or "nothing",
        "events": found.events,
    }
    if found.range:
        summary |= {
            "least": found.range.least,
            "middle": found.range.middle,
            "greatest": found.range.greatest,
        }
    out.summary(summary)
    if found.top:
        out.rows([{"value": value, "profiles": count} for value, count in found.top], title="most common")
    if found.sample:
        out.rows([{"profile_id": each, "value": value} for each, value in found.sample], title="sample")
    if not found.events:
        out.note("No event passes; are its name, the window and the filters right?")
    if found.without_property:
        out.note(f"{found.without_property} of the events don't have the property.")
    if found.unreadable:
        out.note(
            f"Of {found.unreadable} events the property doesn't read as {found.type}; they are left out."
        )
    if len(found.currencies) > 1:
        out.note(
            f"Amounts are reckoned as they stand, in {', '.join(found.currencies)}; "
            "choose one with where: {currency: …}."
        )


@attributes.command("explain")
@click.argument("name")
@click.argument("profile")
@with_output()
def explain_value(out: Output, name: str, profile: str) -> None:
    """What NAME is for PROFILE (its id, or any identifier), the events it is made of, and what it was."""
    from dataclasses import asdict

    from activation.attributes.explain import explain
    from kith.settings import load_settings

    found = explain(load_settings(), name, profile)
    if out.is_json:
        out.summary(asdict(found))
        return
    value = "nothing" if found.value is None else found.value
    out.summary(
        {
            "attribute": found.attribute,
            "profile": found.profile_id,
            "as of": found.as_of,
            "value": f"{value} (default)" if found.is_default and found.value is not None else value,
            "measure": f"{found.measure} of {found.witness_count} events",
        }
    )
    if found.witnesses:
        out.rows([asdict(each) for each in found.witnesses], title="events, the latest first")
    if found.history:
        out.rows([asdict(each) for each in found.history], title="what evaluations found")


@attributes.command("schema")
def print_schema() -> None:
    """The grammar as a JSON Schema, for editors."""
    import json

    from activation.segments.computation import json_schema

    click.echo(json.dumps(json_schema(), indent=2))

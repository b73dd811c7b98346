"""`kith templates`: what there is to say, and how it reads."""

from __future__ import annotations

from pathlib import Path

import click

from kith.cli import Output, with_output
from kith.settings import load_settings


@click.group()
def templates() -> None:
    """Templates: a folder each under activation/definitions/templates."""


@templates.command("list")
@with_output()
def list_templates(out: Output) -> None:
    """Every template with its locales and the channels that it has a part for."""
    from activation.rendering import load_template

    folder = load_settings().definitions / "templates"
    rows = []
    for each in sorted(path for path in folder.iterdir() if path.is_dir()):
        template = load_template(each)
        variant = template.variant()
        channels = [*(["email"] if variant.mail else []), *variant.channels]
        told = {"channels": ", ".join(channels), "locales": ", ".join(sorted(filter(None, template.locales)))}
        rows.append({"template": each.name, "version": template.version, **told})
    out.rows(rows)


@templates.command()
@click.argument("name")
@click.option("--profile", "profiles", multiple=True, help="A profile's id; may be given again.")
@click.option("--count", default=5, show_default=True, help="How many people, where none is named.")
@click.option("--channel", default="email", show_default=True)
@click.option("--locale", help="Instead of each person's own, such as de_AT.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="Write each body to a file there."
)
@with_output()
def preview(
    out: Output,
    name: str,
    profiles: tuple[str, ...],
    count: int,
    channel: str,
    locale: str | None,
    into: Path | None,
) -> None:
    """Render a template for real profiles, with what a run would know of them now. Nothing is sent."""
    from activation.journeys.previewing import preview as render_for

    rows = []
    for each in render_for(load_settings(), name, profiles, count, channel, locale):
        content = each.content
        row = {"profile_id": each.profile_id, "locale": each.locale, "problem": each.problem}
        row |= {"subject": content.subject if content else "", "text": content.text if content else ""}
        if content is not None and into is not None:
            row["file"] = str(_write(into, each.profile_id, content.html, content.text))
        rows.append(row)
    out.rows(rows)


def _write(folder: Path, profile_id: str, html: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{profile_id}.{'html' if html else 'txt'}"
    path.write_text(html or text, encoding="utf-8")
    return path

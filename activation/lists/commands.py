"""`kith lists`: people named by a file, for segments to ask about."""

from __future__ import annotations

from pathlib import Path

import click

from kith.cli import Output, with_output

SHOWN = 20


@click.group("lists")
def lists() -> None:
    """People named by a file, for segments to ask about."""


@lists.command("upload")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="Which list.")
@click.option(
    "--type", "kind", default="email", show_default=True,
    type=click.Choice(["user_id", "email", "phone", "anonymous_id", "profile_id"]), help="What identifies a person.",
)  # fmt: skip
@click.option(
    "--column", help="The column with the identifiers; by default the only one, or the type's name."
)
@click.option(
    "--mode", default="replace", show_default=True, type=click.Choice(["replace", "add", "remove"]),
    help="Begin the list anew, add to it, or take from it.",
)  # fmt: skip
@click.option("--source", default="", help="Where the people come from; kept with the upload.")
@click.option("--expires", help="Until when they are on it: 90d, or a date.")
@with_output()
def upload_file(
    out: Output,
    file: Path,
    name: str,
    kind: str,
    column: str | None,
    mode: str,
    source: str,
    expires: str | None,
) -> None:
    """Publish a CSV file with a heading; it counts from now on."""
    from activation.lists.uploading import Upload, parse_expiry, upload
    from kith.clock import system_clock
    from kith.settings import load_settings

    settings = load_settings()
    now = system_clock(settings).now()
    expires_at = parse_expiry(expires, now, settings.zone) if expires else None
    found = upload(settings, file, Upload(name, mode, kind, column, source, expires_at), now)  # type: ignore[arg-type]
    refused = [{"row": each.row, "reason": each.refusal} for each in found.refused]
    counts = {
        "list": found.list,
        "rows": found.row_count,
        "accepted": found.accepted_count,
        "duplicates": found.duplicate_count,
        "refused": found.refused_count,
    }
    if out.is_json:
        out.summary({**counts, "refused_rows": refused})
        return
    out.summary(counts)
    if refused:
        out.rows(refused[:SHOWN], title="refused")
    if len(refused) > SHOWN:
        out.note(f"and {len(refused) - SHOWN} more; --format json tells them all")


@lists.command("list")
@with_output()
def list_lists(out: Output) -> None:
    """Every upload with what became of its rows."""
    from activation.lists.tables import ROOM
    from kith.settings import load_settings
    from kith.warehouse import Warehouse

    with Warehouse(load_settings()) as warehouse:
        warehouse.attach_lake(ROOM)
        out.rows(
            warehouse.rows(
                """
                SELECT list, mode, source, file_name, published_at, expires_at, row_count, accepted_count,
                    duplicate_count, refused_count
                FROM lake_lists_uploads ORDER BY list, published_at
                """
            )
        )


@lists.command("freeze")
@click.argument("segment")
@click.option("--name", required=True, help="The list that keeps today's members of the segment.")
@with_output()
def freeze_segment(out: Output, segment: str, name: str) -> None:
    """Keep the members that a segment has now as a list."""
    from activation.lists.freezing import freeze
    from kith.clock import system_clock
    from kith.settings import load_settings

    settings = load_settings()
    found = freeze(settings, segment, name, system_clock(settings).now())
    out.summary({"list": found.list, "members": found.accepted_count})

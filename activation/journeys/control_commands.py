"""`kith journeys start|pause|stop|migrate`: what people tell journeys that are running."""

from __future__ import annotations

from datetime import datetime

import click

from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import Settings, environment, load_settings

WHO = click.option("--by", default=None, help="Who says so; the user of this machine unless told.")
_EFFECTS = {
    "start": "people may enter again",
    "pause": "nobody enters from now on; those inside go on",
    "stop": "nobody enters from now on, and everybody inside leaves",
}


def _told(word: str) -> click.Command:
    @click.command(word, help=f"{_EFFECTS[word].capitalize()}.")
    @click.argument("name")
    @WHO
    @with_output()
    def command(out: Output, name: str, by: str | None) -> None:
        from activation.journeys.telling import tell

        settings, who, now = rim(by)
        tell(settings, name, word, who, now)  # type: ignore[arg-type]
        out.summary({"journey": name, "told": word, "by": who, "effect": _EFFECTS[word]})

    return command


@click.command()
@click.argument("name")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    help="OLD=NEW, a step of an older version and one of the present's; OLD=out.",
)
@click.option("--dry-run", is_flag=True, help="Only say who would go where.")
@WHO
@with_output()
def migrate(out: Output, name: str, pairs: tuple[str, ...], dry_run: bool, by: str | None) -> None:
    """Move people of older versions of NAME into the steps of the present one."""
    from activation.journeys.migration import foresee, read_map
    from activation.journeys.migration import migrate as move

    settings, who, now = rim(by)
    steps = read_map(pairs)
    rows = foresee(settings, name, steps) if dry_run else move(settings, name, steps, who, now)
    out.rows(rows)
    out.note("nothing was changed" if dry_run else "from now on; the next run moves them")


def rim(by: str | None) -> tuple[Settings, str, datetime]:
    """The settings, who says it, and now."""
    from kith.clock import system_clock

    settings, who = load_settings(), by or environment().get("USER")
    if not who:
        raise KithError("nobody is named as telling it", way_out="say who with --by")
    return settings, who, system_clock(settings).now()


CONTROLS: list[click.Command] = [*(_told(word) for word in _EFFECTS), migrate]

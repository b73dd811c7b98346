"""`kith inbox`: the key with which a shop's own backend lets people read their messages, and a token to try it with."""

from __future__ import annotations

from datetime import timedelta

import click

from kith.settings import load_settings


@click.group()
def inbox() -> None:
    """Messages that wait inside the app or on the page."""


@inbox.command()
def key() -> None:
    """Print the key of inbox tokens. It is a secret: it belongs into the shop's backend, never into an app or a page."""
    from activation.inbox.tokens import InboxKey

    click.echo(InboxKey(load_settings().secret).text)


@inbox.command()
@click.argument("user_id")
@click.option(
    "--hours", default=24, show_default=True, type=click.IntRange(1, 744), help="How long it lasts."
)
def token(user_id: str, hours: int) -> None:
    """Print a token that opens the inbox of USER_ID."""
    from activation.inbox.tokens import InboxKey
    from kith.clock import system_clock

    settings = load_settings()
    expires_at = system_clock(settings).now() + timedelta(hours=hours)
    click.echo(InboxKey(settings.secret).token(user_id, expires_at))

"""`kith accounts`: who may sign in to the dashboards and the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click

from kith.accounts.roles import Role
from kith.accounts.store import Accounts
from kith.cli.output import Output, with_output
from kith.settings import load_settings

ROLE = click.Choice([role.value for role in Role])
_ACTOR = "kith accounts"
_PASSWORD = click.option("--password", help="Asked for where it isn't given: nobody else sees it then.")
_FROM_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Take it from the first line of the input, as programs do."
)


@click.group()
def accounts() -> None:
    """Who may sign in, and as what: viewer, analyst, marketer or admin.

    As long as there is no account nobody has to sign in, and whoever can reach the pages may do everything.
    """


@accounts.command(name="list")
@with_output()
def list_accounts(out: Output) -> None:
    """Everybody with an account."""
    with _opened() as (found, _now):
        out.rows(
            [
                {
                    "name": each.name,
                    "role": each.role.value,
                    "created_at": each.created_at,
                    "is_disabled": each.is_disabled,
                }
                for each in found.all()
            ]
        )


@accounts.command()
@click.argument("name")
@click.option("--role", type=ROLE, required=True)
@_PASSWORD
@_FROM_STDIN
@with_output()
def add(out: Output, name: str, role: str, password: str | None, password_stdin: bool) -> None:
    """Give somebody an account. The first one has to be an admin: from then on everybody signs in."""
    given = _given(password, password_stdin)
    with _opened() as (found, now):
        made = found.add(name, Role(role), given, actor=_ACTOR, now=now)
        out.summary({"name": made.name, "role": made.role.value})


@accounts.command()
@click.argument("name")
@click.argument("role", type=ROLE)
@with_output()
def role(out: Output, name: str, role: str) -> None:
    """Give somebody another role; it holds from their next click on."""
    with _opened() as (found, now):
        found.give_role(name, Role(role), actor=_ACTOR, now=now)
        out.summary({"name": name, "role": role})


@accounts.command()
@click.argument("name")
@_PASSWORD
@_FROM_STDIN
@with_output()
def password(out: Output, name: str, password: str | None, password_stdin: bool) -> None:
    """Set somebody's password; they are signed out everywhere."""
    given = _given(password, password_stdin)
    with _opened() as (found, now):
        found.set_password(name, given, actor=_ACTOR, now=now)
        out.summary({"name": name})


@accounts.command()
@click.argument("name")
@with_output()
def disable(out: Output, name: str) -> None:
    """Let somebody sign in no more; they are signed out everywhere."""
    with _opened() as (found, now):
        found.disable(name, actor=_ACTOR, now=now)
        out.summary({"name": name})


@accounts.command()
@click.argument("name")
@with_output()
def enable(out: Output, name: str) -> None:
    """Let somebody sign in again."""
    with _opened() as (found, now):
        found.enable(name, actor=_ACTOR, now=now)
        out.summary({"name": name})


def _given(password: str | None, from_stdin: bool) -> str:
    if from_stdin:
        return click.get_text_stream("stdin").readline().rstrip("\r\n")
    return password or click.prompt("Password", hide_input=True, confirmation_prompt=True)


@contextmanager
def _opened() -> Iterator[tuple[Accounts, datetime]]:
    from kith.clock import WallClock
    from kith.state import StateDatabase

    database = StateDatabase.open(load_settings())
    try:
        yield Accounts(database), WallClock().now()
    finally:
        database.close()

"""`kith deliver` and `kith consent`. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import click

from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import load_settings


@click.group(invoke_without_command=True)
@click.option("--until-empty", is_flag=True, help="Stop when nothing is due any more.")
@with_output()
@click.pass_context
def deliver(context: click.Context, out: Output, until_empty: bool) -> None:
    """Send what the outbox planned: judged again, rendered, handed over, written down."""
    if context.invoked_subcommand:
        return
    from dataclasses import asdict

    from activation.delivery.worker import deliver as run_worker
    from kith.clock import system_clock

    settings = load_settings()
    counts = run_worker(settings, system_clock(settings), until_empty)
    out.summary(asdict(counts))
    if counts.stopped:
        raise KithError(
            f"delivery stopped with {counts.pending} messages pending: {counts.stopped}",
            way_out="put it right, then run 'kith deliver --until-empty' again",
        )


@deliver.command()
@click.option(
    "--where",
    "conditions",
    multiple=True,
    help="column=value (outcome, reason, detail, channel, journey, message_id); all must hold.",
)
@with_output()
def retry(out: Output, conditions: tuple[str, ...]) -> None:
    """Take failed and unknown messages up again; the next delivery sends those that have not expired."""
    from activation.delivery.interventions import reopen

    out.summary({"reopened": reopen(load_settings(), _conditions(conditions))})


@deliver.command()
@click.argument("scope", default="*")
@with_output()
def pause(out: Output, scope: str) -> None:
    """Send nothing more: everything, or one channel or journey by name."""
    from activation.delivery.interventions import pause as set_pause

    out.rows(set_pause(load_settings(), scope))


@deliver.command()
@click.argument("scope", default="*")
@with_output()
def resume(out: Output, scope: str) -> None:
    """Send again what was paused under this name."""
    from activation.delivery.interventions import resume as lift_pause

    out.rows(lift_pause(load_settings(), scope))


@deliver.command()
@with_output("csv")
def uncertain(out: Output) -> None:
    """List messages that may have been sent twice, with their Message-ID's left side."""
    from activation.delivery.interventions import uncertain_messages

    out.rows(uncertain_messages(load_settings()))


@click.group()
def consent() -> None:
    """Who may be written to, as the landed events say."""


@consent.command()
@with_output()
def rebuild(out: Output) -> None:
    """Make the projections of consent and suppression anew from the lake and the landing log."""
    from activation.delivery.consent_feed import ConsentFeed
    from kith.state import StateDatabase

    settings = load_settings()
    database = StateDatabase.open(settings)
    with out.progress("reading events"):
        count = ConsentFeed(settings, database).rebuild()
    out.summary({"events_applied": count})


@consent.command()
@click.argument("identifier")
@with_output("csv")
def show(out: Output, identifier: str) -> None:
    """What one identifier (a user id, an e-mail address …) said last, and whether it is suppressed."""
    from activation.delivery.interventions import consent_of

    out.rows(consent_of(load_settings(), identifier))


def _conditions(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if any(not sign for _, sign, _ in pairs):
        raise click.UsageError("--where takes column=value, such as reason=attempts_exhausted")
    return {name.strip(): value.strip() for name, _, value in pairs}

"""`kith deliver` and `kith consent`. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path

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


_WHERE = click.option(
    "--where",
    "conditions",
    multiple=True,
    help="column=value (outcome, reason, detail, channel, provider, journey, step_id, template, purpose, message_id);"
    " all must hold.",
)


@deliver.command()
@_WHERE
@with_output()
def retry(out: Output, conditions: tuple[str, ...]) -> None:
    """Take failed and unknown messages up again; the next delivery sends those that have not expired."""
    from activation.delivery.dead_letters import reopen

    out.summary({"reopened": reopen(load_settings(), _conditions(conditions))})


@deliver.command()
@click.argument("message_id")
@with_output("json")
def body(out: Output, message_id: str) -> None:
    """What a message said, rendered again, and whether that is to the letter what was handed over."""
    from activation.delivery.bodies import body_of

    found = body_of(load_settings(), message_id)
    content = found.content
    told = {"message_id": message_id, "channel": found.message.channel, "is_proven": found.is_proven}
    out.rows([{**told, "subject": content.subject, "text": content.text, "html": content.html}])


@deliver.command()
@_WHERE
@click.option("--limit", default=1_000, show_default=True, help="At most so many, the last first.")
@click.option("--by-reason", is_flag=True, help="Count them by channel, vendor and reason instead.")
@with_output("csv")
def failed(out: Output, conditions: tuple[str, ...], limit: int, by_reason: bool) -> None:
    """List the messages that were given up, with the reason; `kith deliver retry` takes them up again."""
    from activation.delivery.dead_letters import dead_letter_counts, dead_letters

    asked = _conditions(conditions)
    out.rows(
        dead_letter_counts(load_settings(), asked)
        if by_reason
        else dead_letters(load_settings(), asked, limit)
    )


@deliver.command()
@click.argument("message_id")
@with_output("csv")
def trace(out: Output, message_id: str) -> None:
    """Tell all that happened to one message: each vendor asked, each answer, each move, each receipt."""
    from activation.delivery.dead_letters import trace as trace_message

    out.rows(trace_message(load_settings(), message_id))


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


@deliver.command("standing")
@with_output("csv")
def tell_standing(out: Output) -> None:
    """What waits and what ended, by channel, vendor and outcome; what is paused."""
    from activation.delivery.vendor_standing import standing

    out.rows(standing(load_settings()))


@deliver.command("vendors")
@click.option("--by-hour", is_flag=True, help="What was heard of each in each hour of the last week instead.")
@with_output()
def tell_vendors(out: Output, by_hour: bool) -> None:
    """Each channel's vendors: set up or not, weight, cost, and how they did in the last day."""
    from datetime import timedelta

    from activation.delivery.vendor_standing import health_by_hour, vendor_standing
    from kith.clock import system_clock

    settings = load_settings()
    now = system_clock(settings).now()
    out.rows(health_by_hour(settings, now - timedelta(days=7)) if by_hour else vendor_standing(settings, now))


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
@with_output("csv")
def doubtful(out: Output) -> None:
    """List replies that may mean stop without saying so in a word: a person decides, by `kith consent import`."""
    from activation.delivery.dead_letters import doubtful_replies

    out.rows(doubtful_replies(load_settings()))


@consent.command()
@click.argument("who")
@click.option("--at", help="The instant that the question is about, such as 2026-04-01 or 2026-04-01T12:00Z.")
@click.option("--known-at", help="Answer with what we knew then; by default with all that was published.")
@with_output("csv")
def show(out: Output, who: str, at: str | None, known_at: str | None) -> None:
    """What somebody said last (a user id, an e-mail address …), and whether the address is suppressed.

    With an instant: what held then, for every identifier of the person, as the published history knows it.
    """
    from activation.delivery.consent_beliefs import beliefs_of
    from activation.delivery.interventions import consent_of
    from kith.times import parse_instant

    settings = load_settings()
    if not (at or known_at):
        out.rows(consent_of(settings, who))
        return
    instants = [parse_instant(text, settings.zone) if text else None for text in (at, known_at)]
    out.rows(beliefs_of(settings, who, *instants))


@consent.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--status", type=click.Choice(["granted", "withdrawn", "suppressed"]), required=True)
@click.option("--purpose", default="marketing", show_default=True, help="`all` stands for every purpose.")
@click.option("--channel", default="email", show_default=True)
@click.option("--legal-basis", default="", help="What a yes rests on, such as consent or contract.")
@click.option("--evidence", default="", help="Where and when it was said: kept with every word.")
@click.option("--kind", type=click.Choice(["email", "phone", "user_id"]), help="What the values are.")
@click.option("--column", help="The column of a CSV; by default the one named as the kind.")
@click.option("--at", help="When it was said; by default now.")
@with_output()
def import_list(
    out: Output, file: Path, column: str | None, kind: str | None, at: str | None, **said: str
) -> None:
    """Land a list of people who said yes or no, or of addresses never to be written to."""
    from dataclasses import asdict

    from activation.delivery import consent_lists
    from kith.clock import system_clock
    from kith.times import parse_instant

    settings = load_settings()
    said_at = parse_instant(at, settings.zone) if at else None
    words = consent_lists.ConsentList.of_channel(said.pop("channel"), kind, said_at=said_at, **said)
    out.summary(asdict(consent_lists.import_list(settings, system_clock(settings), file, words, column)))


def _conditions(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if any(not sign for _, sign, _ in pairs):
        raise click.UsageError("--where takes column=value, such as reason=attempts_exhausted")
    return {name.strip(): value.strip() for name, _, value in pairs}

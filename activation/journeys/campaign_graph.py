"""From a campaign to its graph: an entry, at most a pause until the person's hour, one message, exit.

With variants an experiment stands before the messages. With `rest_after` only the variants' own shares are written
to at once; the others wait so long, and get the winner, or where there is none yet a variant by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from activation.journeys.campaign import Campaign
from activation.journeys.graph import (
    EXIT,
    Branch,
    Delay,
    Edge,
    Entry,
    EventEntry,
    EventMatch,
    Experiment,
    Graph,
    LaunchEntry,
    Message,
    Node,
    Reentry,
    ScheduleEntry,
    SegmentCondition,
    UntilLocal,
)
from activation.journeys.language.draft import Draft
from activation.journeys.language.entry import EVER, NEVER
from activation.journeys.language.matches import filters
from activation.journeys.language.step import Place
from activation.journeys.language.values import PARTS, instant_micros, micros, spelled
from activation.journeys.language.winner import WinnerRule, contest
from kith.definitions import Definition
from kith.errors import KithError
from kith.times import parse_instant

WAYS = ("launch_at", "schedule", "when")


def compile_campaign(
    definition: Definition[Campaign], zone: str = "UTC", all_caps: Sequence[str] = ()
) -> Graph:
    """The graph of a definition. Raises KithError with file, line and field where what is written can't be run."""
    campaign = definition.body
    if error := next(mistakes(definition, zone), None):
        raise error
    entry, reentry = _entry(definition, zone)
    begins, ends = _span(definition, zone)
    if isinstance(entry, LaunchEntry):
        begins, ends = entry.enter_from, entry.enter_until
    nodes, edges = _steps(definition)
    return Graph(
        journey=definition.name,
        version=definition.version,
        entry=entry,
        first=nodes[0].node_id,
        nodes=tuple(nodes),
        edges=tuple(edges),
        reentry=reentry,
        holdout=campaign.holdout,
        caps=_caps(campaign, all_caps),
        priority=campaign.priority,
        enter_from=begins,
        enter_until=ends,
    )


def mistakes(definition: Definition[Campaign], zone: str) -> Iterator[KithError]:
    """What can't be run as it is written, though every field by itself is right."""
    campaign = definition.body
    for field in ("window", "expires_after"):
        if not getattr(campaign, field):
            yield definition.error("no message could ever leave", (field,), expected="more than 0s")
    yield from _mistakes_of_time(definition, zone)
    yield from _mistakes_of_content(definition)
    if campaign.purpose == "transactional" and campaign.holdout:
        yield definition.error("a transactional message holds nobody out", ("holdout",), expected="0%")
    if campaign.purpose == "marketing" and not campaign.holdout:
        yield definition.error(
            "a campaign without a holdout can't show that it worked", ("holdout",), expected="such as 10%"
        )


def _mistakes_of_time(definition: Definition[Campaign], zone: str) -> Iterator[KithError]:
    campaign = definition.body
    given = [word for word in WAYS if getattr(campaign, word) is not None]
    if len(given) != 1:
        problem = f"has {' and '.join(given) or 'nothing that says when'}"
        place = given[1:2] or ["launch_at"]
        yield definition.error(problem, tuple(place), expected=f"exactly one of {', '.join(WAYS)}")
    if campaign.to is None and campaign.when is None:
        yield definition.error("is missing", ("to",), expected="a segment")
    begins, ends = _span(definition, zone)
    if begins >= ends:
        yield definition.error("lets nobody in", ("until",), expected="an instant after from")
    if campaign.when and campaign.when.again and campaign.when.again_after:
        yield definition.error("has again and again_after", ("when",), expected="one of them")


def _mistakes_of_content(definition: Definition[Campaign]) -> Iterator[KithError]:
    campaign = definition.body
    if (campaign.send is None) == (not campaign.variants):
        yield definition.error("has not exactly one of send and variants", ("send",), expected="one of them")
    if not campaign.variants:
        for field in ("winner", "rest_after"):
            if getattr(campaign, field) is not None:
                yield definition.error(
                    "there is nothing to choose among", (field,), expected="it beside variants"
                )
        return
    names = [each.variant for each in campaign.variants]
    if len(names) < 2 or len(set(names)) < len(names):
        yield definition.error("names one variant, or one twice", ("variants",), expected="two or more names")
    if len({each.send for each in campaign.variants}) < len(names):
        yield definition.error("two variants send the same", ("variants",), expected="a template for each")
    whole = sum(each.share for each in campaign.variants)
    if campaign.winner is None:
        yield definition.error("is missing", ("winner",), expected="by what is told who wins, or none")
    if campaign.rest_after is None and whole != PARTS:
        way_out = "or say rest_after, and the rest get the winner"
        yield definition.error(
            f"the shares come to {whole / 100:g}%", ("variants",), expected="100% in all", way_out=way_out
        )
    if campaign.rest_after is not None:
        yield from _mistakes_of_rest(definition, campaign.rest_after, whole)


def _mistakes_of_rest(definition: Definition[Campaign], rest_after: int, whole: int) -> Iterator[KithError]:
    winner = definition.body.winner
    if whole >= PARTS or winner == "none":
        problem, expected = "nobody is left to get the winner", "shares below 100% in all, and a winner"
        yield definition.error(problem, ("rest_after",), expected=expected)
    if isinstance(winner, WinnerRule) and micros(winner.within) >= rest_after:
        yield definition.error(
            f"no result is in after {spelled(rest_after)}",
            ("winner", "within"),
            expected=f"less than rest_after, {spelled(rest_after)}",
        )


def _entry(definition: Definition[Campaign], zone: str) -> tuple[Entry, Reentry]:
    campaign = definition.body
    segment, place = campaign.to or "", Place(Draft({}), definition)
    if (trigger := campaign.when) is not None:
        match = EventMatch(trigger.event, filters(trigger.where, place.below("when"), "where"))
        again = (
            Reentry("again_after", trigger.again_after)
            if trigger.again_after
            else Reentry(trigger.again or "always")
        )
        return EventEntry(match, trigger.key or ""), again
    if campaign.schedule is not None:
        return ScheduleEntry(segment, campaign.schedule, zone, *_span(definition, zone)), Reentry("always")
    launch = instant_micros(parse_instant(campaign.launch_at or "", zone))
    return LaunchEntry(segment, launch, launch + micros(campaign.window)), Reentry("once")


def _span(definition: Definition[Campaign], zone: str) -> tuple[int, int]:
    begins, ends = definition.body.from_, definition.body.until
    return (
        NEVER if begins is None else instant_micros(parse_instant(begins, zone)),
        EVER if ends is None else instant_micros(parse_instant(ends, zone)),
    )


def _caps(campaign: Campaign, all_caps: Sequence[str]) -> tuple[str, ...]:
    if campaign.purpose == "transactional":
        return ()
    return tuple(all_caps) if campaign.caps == "all" else campaign.caps


@dataclass
class _Chain:
    """Nodes in order, each with where its labels lead."""

    nodes: list[Node]
    edges: list[Edge]

    def add(self, node: Node, *to: str) -> str:
        self.nodes.insert(0, node)
        labelled = zip(node.labels(), to, strict=True)
        self.edges[:0] = [Edge(node.node_id, label, target) for label, target in labelled]
        return node.node_id


def _steps(definition: Definition[Campaign]) -> tuple[list[Node], list[Edge]]:
    """From the last node to the first."""
    campaign, chain = definition.body, _Chain([], [])
    messages = [chain.add(_message(campaign, template), EXIT) for template in reversed(campaign.templates)][
        ::-1
    ]
    first = messages[0]
    if campaign.variants:
        first = _experiment(definition, chain, messages)
    if isinstance(campaign.at, int):
        first = chain.add(UntilLocal("wait:until", "wait:until", campaign.at), first)
    if campaign.when is not None and campaign.to is not None:
        member = SegmentCondition(campaign.to)
        step_id = f"branch:{campaign.to}"
        chain.add(Branch(step_id, step_id, ((member,),)), first, EXIT)
    return chain.nodes, chain.edges


def _message(campaign: Campaign, template: str) -> Message:
    step_id = f"message:{template}"
    return Message(
        step_id,
        step_id,
        template=template,
        channels=campaign.by,
        chosen_by="affinity" if campaign.choose == "best" else "order",
        purpose=campaign.purpose,
        tags=campaign.tags,
        expires_after=micros(campaign.expires_after),
        is_transactional=campaign.purpose == "transactional",
        best_hour=campaign.at == "best_hour",
        best_within=campaign.within,
        ignores_quiet_hours=campaign.quiet_hours == "ignore",
    )


def _experiment(definition: Definition[Campaign], chain: _Chain, messages: list[str]) -> str:
    variants = definition.body.variants
    step_id = f"experiment:{definition.name}"
    names, shares = tuple(each.variant for each in variants), tuple(each.share for each in variants)
    targets, pause = list(messages), definition.body.rest_after
    told = contest(definition.body.winner, pause or 0)
    if pause is not None:
        rest = Experiment(f"{step_id}:rest", step_id, f"{definition.name}:rest", _whole(shares), names, told)
        waited = chain.add(rest, *messages)
        waited = chain.add(Delay("wait:rest", "wait:rest", pause), waited)
        names, shares, targets = (*names, ""), (*shares, PARTS - sum(shares)), [*targets, waited]
    return chain.add(Experiment(step_id, step_id, definition.name, shares, names, told), *targets)


def _whole(shares: Sequence[int]) -> tuple[int, ...]:
    """The shares in proportion, brought to the whole."""
    parts = [each * PARTS // sum(shares) for each in shares]
    parts[0] += PARTS - sum(parts)
    return tuple(parts)

"""What the engine asks of the decisions, and the relations that go to and fro. No rule lives here.

One tick makes one `Deciding` on the tick's connection. Instants and spans are microseconds, ids are UUIDs.

    deciding = open_decisions(connection, nodes, policy, horizon)     # activation.journeys.deciding
    ...
    connection.execute(f"... FROM ({deciding.timed('arriving')})")    # each round in which messages are entered
    deciding.judge("FROM newcomers")                                  # those with decided_at <= horizon, once each
    deciding.fold("FROM ready")                                       # each pass; afterwards read `verdicts`
    deciding.fold()                                                   # or: all that were judged and have no verdict
    ...
    deciding.close(as_of)                                             # once, at the end; afterwards read `outbox`

The relations (TEMP tables of that connection), by who fills them:

engine → decisions
    arriving  (…, person UUID, node INTEGER, at BIGINT, …)
              any relation or sub-query with these columns: who entered a message node, when. Others pass through.
    newcomers (message UUID, enrolment UUID, person UUID, node INTEGER, at BIGINT, decided_at BIGINT, depth INTEGER,
               holdout TEXT)
              one row per message, in one batch or several, each message once. `at` is when its step was entered;
              `depth` counts the earlier messages of the same enrolment with the same decided_at; `holdout` is
              what the enrolment was given at entry: '' (nobody holds it out), 'journey' or 'global'.
    ready     (message UUID)
              judged messages whose turn has come: of each person all up to and including their first parked one.
              Whatever of a person comes in a later pass sorts behind it.

decisions → engine
    judged    (message UUID, enrolment UUID, person UUID, node INTEGER, at BIGINT, decided_at BIGINT, depth INTEGER,
               holdout TEXT, channel TEXT, reason TEXT, detail TEXT)
              one row per newcomer: the first rule that depends on the person and the instant alone and says no
              ('' where none does), and the channel that carries it, or would have.
    verdicts  (message UUID, reason TEXT, detail TEXT, is_eligible BOOLEAN)
              one row per message that was `ready`: '' where the person's own gates let it through, which is what a
              parked step goes by (`sent` or `dropped`). What a budget withholds afterwards still went by `sent`.
    outbox    OUTBOX_SCHEMA, without order, one row per judged message: with the budgets' and throttles' part.
              Only after `close`, which raises ConservationError where a message has no verdict, or two.

Facts that are read (laid before, see activation/journeys/history): facts_people, facts_zones, facts_consents,
facts_refusals, facts_suppressed, facts_addresses (of one channel one at an instant), past_sends, facts_identities
(may be missing); facts_affinity where a node chooses by it; and, where the policy has budgets or throttles,
    past_crowd(journey TEXT, step_id TEXT, channel TEXT, purpose TEXT, tags TEXT[], is_transactional BOOLEAN,
               decided_at BIGINT, release_at BIGINT, reason TEXT, detail TEXT, message UUID)
              the earlier ticks' outbox rows that their person's own gates let through: sent (''), `budget` or
              `throttled`; `release_at` NULL means decided_at.
facts_people may bring `best_hours TINYINT[]` besides `best_hour`: the 24 local hours, best first, or NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from activation.journeys.graph import Graph, Message

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from activation.journeys.deciding.policy import Policy
    from activation.rendering.templates import Template


class ConservationError(RuntimeError):
    """Somebody would end without a decision, or with two: a fault of ours, so nothing is committed."""


@dataclass(frozen=True)
class MessageNode:
    """A message node under the engine's number for it. Numbers are of this tick and unique over all versions."""

    code: int
    graph: Graph
    node: Message


class Deciding(Protocol):
    """The decisions of one tick."""

    def timed(self, arriving: str) -> str:
        """SQL: every column of `arriving` and `decided_at BIGINT`, never before `at`."""
        ...

    def judge(self, newcomers: str) -> None:
        """Adds to `judged`."""
        ...

    def fold(self, ready: str | None = None) -> None:
        """Adds to `verdicts`; what it accepts takes its place under the caps of later calls."""
        ...

    def close(self, as_of: datetime) -> None:
        """Budgets and throttles over all that was accepted; fills `outbox`."""
        ...


class OpenDecisions(Protocol):
    """The signature of `activation.journeys.deciding.open_decisions`.

    Makes `message_nodes` and the empty tables above. `horizon`: the last instant that this tick decides. A message
    whose template isn't in `templates` has no variables and lacks none; `attributes` says of each computed attribute
    that templates read its SQL over `attribute_values` (activation.journeys.variables).
    """

    def __call__(
        self,
        connection: duckdb.DuckDBPyConnection,
        nodes: Sequence[MessageNode],
        policy: Policy,
        horizon: int,
        templates: Mapping[str, Template] = ...,
        attributes: Mapping[str, str] | None = None,
    ) -> Deciding: ...


#: Which holdout binds an enrolment, fixed as it enters: SQL that yields '', 'journey' or 'global'.
#: `holdout_sql(profile_id_text, journey_text, journey_share)` of activation.journeys.deciding.holdout; who is held
#: out of both is `global`.
HOLDOUTS = ("", "journey", "global")

"""The lake tables of this room.

In `measurement` and `analytics` one commit is the complete state of all their tables: readers take the latest.
`definitions` is shared with other rooms and appended.
"""

from __future__ import annotations

import pyarrow as pa

from kith.definitions import version_table
from kith.lake import LakeTable

_ARM_COLUMNS = [
    pa.field(f"{arm}_{part}", kind)
    for arm in ("treated", "holdout")
    for part, kind in (("count", pa.int64()), ("sum", pa.float64()), ("sum_squares", pa.float64()))
]

#: One row per campaign and metric. `lower`/`upper` stay valid however often they are looked at, the `fixed_`
#: pair for one look at a time chosen beforehand, the `adjusted_` ones are always valid too, and narrower by what
#: people's past explains (`variance_reduction`, 0–1). Money metrics count `currency` alone.
LIFT = LakeTable(
    room="measurement",
    name="lift",
    schema=pa.schema(
        [
            ("campaign", pa.string()),
            ("metric", pa.string()),
            ("currency", pa.string()),
            *_ARM_COLUMNS,
            ("window_days", pa.float64()),
            ("complete_count", pa.int64()),
            ("treated_mean", pa.float64()),
            ("holdout_mean", pa.float64()),
            ("lift", pa.float64()),
            ("lift_relative", pa.float64()),
            ("lower", pa.float64()),
            ("upper", pa.float64()),
            ("fixed_lower", pa.float64()),
            ("fixed_upper", pa.float64()),
            ("adjusted_lift", pa.float64()),
            ("adjusted_lower", pa.float64()),
            ("adjusted_upper", pa.float64()),
            ("variance_reduction", pa.float64()),
            ("srm_p_value", pa.float64()),
            ("method", pa.string()),
            ("as_of", pa.timestamp("us")),
        ]
    ),
)

FUNNELS = version_table("funnels")
ATTRIBUTION = version_table("attribution")

#: One row per present funnel, step, condition and operand (measurement/funnel_rows.py). Condition 0 is none.
FUNNEL_STEPS = LakeTable(
    room="analytics",
    name="funnel_steps",
    schema=pa.schema(
        [
            ("funnel", pa.string()),
            ("version", pa.string()),
            ("step_order", pa.string()),  # 'ordered' | 'strict' | 'any'
            ("attempts", pa.string()),  # 'any' | 'first'
            ("window_microseconds", pa.int64()),
            ("period_microseconds", pa.int64()),
            ("step_count", pa.int64()),
            ("breakdown_kind", pa.string()),  # 'property' | 'session' | 'profile' | null
            ("breakdown_column", pa.string()),
            ("step_number", pa.int64()),
            ("step", pa.string()),
            ("act_kind", pa.string()),  # 'track:<event>' | 'page' | 'screen' | 'order' | 'session'
            ("matcher_id", pa.string()),
            ("link_id", pa.string()),  # of this step and the next, null for the last
            ("basket_id", pa.string()),  # of all steps, where they have no order
            ("basket_place", pa.int64()),
            ("condition_count", pa.int64()),
            ("condition_number", pa.int64()),
            ("field", pa.string()),
            ("field_part", pa.string()),
            ("operator", pa.string()),
            ("operand_text", pa.string()),
            ("operand_number", pa.float64()),
        ]
    ),
)

#: One row: what counts as a touch, and how the models weigh touches. None without a definition.
ATTRIBUTION_RULES = LakeTable(
    room="analytics",
    name="attribution_rules",
    schema=pa.schema(
        [
            ("attribution", pa.string()),
            ("version", pa.string()),
            ("lookback_microseconds", pa.int64()),
            ("half_life_microseconds", pa.int64()),
            ("first_share", pa.float64()),
            ("last_share", pa.float64()),
        ]
    ),
)

#: One row per kind of touch: a channel of sessions that is none, or a status of messages that is one.
TOUCH_KINDS = LakeTable(
    room="analytics",
    name="touch_kinds",
    schema=pa.schema([("kind", pa.string()), ("name", pa.string())]),
)

#: One row per model, path and channel of it: the share of each order of that path which the channel earns.
PATH_CREDITS = LakeTable(
    room="measurement",
    name="path_credits",
    schema=pa.schema(
        [
            ("model", pa.string()),  # 'markov' | 'shapley'
            ("path_id", pa.string()),
            ("channel", pa.string()),
            ("credit", pa.float64()),
            ("as_of", pa.timestamp("us")),
        ]
    ),
)

#: One row per experiment that has a winner: told once, in force from `decided_at` on.
WINNERS = LakeTable(
    room="measurement",
    name="winners",
    schema=pa.schema(
        [
            ("journey", pa.string()),
            ("step_id", pa.string()),
            ("label", pa.string()),  # the variant's name
            ("is_proved", pa.bool_()),  # or the best so far when the time was up
            ("chance", pa.float64()),  # that it is the best, as of the look
            ("standing", pa.string()),  # JSON: variant → [people, those who reached the goal], at the look
            ("looked_at", pa.timestamp("us")),
            ("decided_at", pa.timestamp("us")),
        ]
    ),
)

#: One row per experiment and variant as it stands.
EXPERIMENTS = LakeTable(
    room="measurement",
    name="experiments",
    schema=pa.schema(
        [
            ("journey", pa.string()),
            ("step_id", pa.string()),
            ("variant", pa.string()),
            ("variant_number", pa.int64()),
            ("goal", pa.string()),
            ("people_count", pa.int64()),  # whose time for a result is over
            ("reached_count", pa.int64()),
            ("rate", pa.float64()),
            ("is_leader", pa.bool_()),
            ("is_winner", pa.bool_()),
            ("is_proved", pa.bool_()),
            ("decided_at", pa.timestamp("us")),
            ("as_of", pa.timestamp("us")),
        ]
    ),
)

TABLES = [
    LIFT,
    WINNERS,
    EXPERIMENTS,
    PATH_CREDITS,
    FUNNELS,
    ATTRIBUTION,
    FUNNEL_STEPS,
    ATTRIBUTION_RULES,
    TOUCH_KINDS,
]

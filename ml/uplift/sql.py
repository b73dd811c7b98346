"""The questions that assignments ask of a run's tables: who was drawn into what, what else could have been drawn, and
what followed."""

from __future__ import annotations

from ml.uplift.features import CHANNELS

CONTROL = "control"
PURPOSE = "marketing"

#: What consent allowed at an instant: the strictest of the words in force then, over the profile's identifiers.
_ALLOWED_SQL = """
    SELECT instants.instant_id, history.channel
    FROM {instants} AS instants
    INNER JOIN identities ON identities.profile_id = instants.profile_id
    INNER JOIN consent_history AS history
        ON
            history.identifier_type = identities.identifier_type
            AND history.identifier_value = identities.identifier_value
            AND history.known_from < instants.instant
            AND coalesce(history.known_to >= instants.instant, true)
    WHERE history.purpose = '{purpose}' AND history.channel IN ({channels})
    GROUP BY instants.instant_id, history.channel
    HAVING bool_and(history.is_granted)"""


def allowed_sql(instants: str) -> str:
    """Instant and channel for each row (instant_id, profile_id, instant) of a view."""
    channels = ", ".join(f"'{channel}'" for channel in CHANNELS)
    return _ALLOWED_SQL.format(instants=instants, purpose=PURPOSE, channels=channels)


ASSIGNED_SQL = f"""
-- One row per person and experiment.
WITH viewed AS (
    SELECT
        profile_id,
        properties ->> '$.experiment_id' AS experiment,
        properties ->> '$.variation_id' AS arm,
        TRY_CAST(properties ->> '$.propensity' AS DOUBLE) AS propensity,
        effective_at AS instant,
        CAST(NULL AS VARCHAR) AS only_channel
    FROM events
    WHERE event = 'Experiment Viewed' AND profile_id IS NOT NULL
),

ours AS (
    SELECT
        coalesce(aliases.profile_id, outbox.profile_id) AS profile_id,
        outbox.journey AS experiment,
        CASE WHEN outbox.is_holdout THEN '{CONTROL}' ELSE outbox.channel END AS arm,
        CASE WHEN outbox.is_holdout THEN holdouts.fraction ELSE 1 - holdouts.fraction END AS propensity,
        outbox.decided_at AS instant,
        outbox.channel AS only_channel
    FROM lake_journeys_outbox AS outbox
    INNER JOIN holdouts ON holdouts.campaign = outbox.journey
    LEFT JOIN profile_aliases AS aliases ON aliases.alias_id = outbox.profile_id
    WHERE outbox.is_eligible AND NOT outbox.is_transactional
),

drawn AS (
    SELECT * FROM viewed
    UNION ALL BY NAME
    SELECT * FROM ours
),

-- An experiment about something else has arms that are no channels.
experiments AS (
    SELECT experiment
    FROM drawn
    WHERE experiment IS NOT NULL
    GROUP BY experiment
    HAVING bool_and(arm IN ('{CONTROL}', {", ".join(f"'{channel}'" for channel in CHANNELS)}))
)

SELECT
    md5(drawn.experiment || chr(31) || drawn.profile_id) AS instant_id,
    drawn.profile_id,
    drawn.experiment,
    min(drawn.arm) AS arm,
    arg_min(drawn.propensity, drawn.instant) AS propensity,
    min(drawn.instant) AS instant,
    min(drawn.only_channel) AS only_channel
FROM drawn
INNER JOIN experiments ON experiments.experiment = drawn.experiment
GROUP BY drawn.profile_id, drawn.experiment
HAVING count(DISTINCT drawn.arm) = 1 AND min(drawn.instant) + to_microseconds($horizon) <= $as_of
"""

PAIRS_SQL = f"""
-- One row per assignment and channel that it says something of.
WITH consented AS ({allowed_sql("uplift_assigned")}),

-- A campaign of ours had one channel; else consent tells what could have been drawn, and so does the draw.
allowed AS (
    SELECT consented.instant_id, consented.channel
    FROM consented
    INNER JOIN uplift_assigned AS assigned ON assigned.instant_id = consented.instant_id
    WHERE assigned.only_channel IS NULL
    UNION
    SELECT instant_id, only_channel FROM uplift_assigned WHERE only_channel IS NOT NULL
    UNION
    SELECT instant_id, arm FROM uplift_assigned WHERE arm <> '{CONTROL}'
),

assigned AS (
    SELECT assigned.*, strata.channels
    FROM uplift_assigned AS assigned
    INNER JOIN (
        SELECT instant_id, string_agg(channel, ' ' ORDER BY channel) AS channels FROM allowed GROUP BY instant_id
    ) AS strata ON strata.instant_id = assigned.instant_id
),

-- What the log says of each arm of a stratum: those of one experiment to whom the same channels were open.
told AS (
    SELECT experiment, channels, arm, median(propensity) AS propensity
    FROM assigned
    GROUP BY experiment, channels, arm
),

arms AS (
    SELECT DISTINCT told.experiment, told.channels, unnest(string_split('{CONTROL} ' || told.channels, ' ')) AS arm
    FROM told
),

-- An arm that nobody of a stratum drew: what other experiments say of the same channels, if all then adds up.
usual AS (SELECT channels, arm, median(propensity) AS propensity FROM told GROUP BY channels, arm),

filled AS (
    SELECT
        arms.experiment,
        arms.channels,
        arms.arm,
        coalesce(told.propensity, usual.propensity) AS propensity
    FROM arms
    LEFT JOIN told
        ON told.experiment = arms.experiment AND told.channels = arms.channels AND told.arm = arms.arm
    LEFT JOIN usual ON usual.channels = arms.channels AND usual.arm = arms.arm
),

strata AS (
    SELECT experiment, channels
    FROM filled
    GROUP BY experiment, channels
    HAVING count(*) = count(propensity) AND abs(sum(propensity) - 1) < 0.01 AND min(propensity) > 0
),

answers AS (
    SELECT
        assigned.instant_id,
        min(orders.ordered_at) AS first_ordered_at,
        sum(orders.net_amount) AS amount
    FROM assigned
    INNER JOIN orders
        ON
            orders.profile_id = assigned.profile_id
            AND orders.ordered_at >= assigned.instant
            AND orders.ordered_at < assigned.instant + to_microseconds($horizon)
    WHERE NOT orders.is_cancelled
    GROUP BY assigned.instant_id
),

followed AS (
    SELECT
        instant_id,
        lead(arm) OVER by_time AS next_arm,
        lead(instant) OVER by_time AS next_instant
    FROM assigned
    WINDOW by_time AS (PARTITION BY profile_id ORDER BY instant, experiment)
)

SELECT
    assigned.instant_id,
    assigned.profile_id,
    assigned.instant,
    allowed.channel,
    assigned.experiment,
    assigned.arm <> '{CONTROL}' AS is_treated,
    own.propensity / (own.propensity + rest.propensity) AS propensity,
    CAST(answers.instant_id IS NOT NULL AS DOUBLE) AS outcome,
    CAST(coalesce(answers.amount, 0) AS DOUBLE) AS amount,
    date_diff('microsecond', assigned.instant, answers.first_ordered_at) / 86400000000 AS delay_days,
    CASE
        WHEN followed.next_instant < assigned.instant + to_microseconds($horizon)
            THEN CAST(followed.next_arm <> '{CONTROL}' AS DOUBLE)
    END AS other_arm,
    assigned.arm,
    assigned.channels
FROM assigned
INNER JOIN strata ON strata.experiment = assigned.experiment AND strata.channels = assigned.channels
INNER JOIN allowed
    ON allowed.instant_id = assigned.instant_id AND (assigned.arm = '{CONTROL}' OR assigned.arm = allowed.channel)
INNER JOIN filled AS drawn
    ON
        drawn.experiment = assigned.experiment
        AND drawn.channels = assigned.channels
        AND drawn.arm = assigned.arm
        AND abs(drawn.propensity - assigned.propensity) < 0.001
INNER JOIN filled AS own
    ON own.experiment = assigned.experiment AND own.channels = assigned.channels AND own.arm = allowed.channel
INNER JOIN filled AS rest
    ON rest.experiment = assigned.experiment AND rest.channels = assigned.channels AND rest.arm = '{CONTROL}'
LEFT JOIN answers ON answers.instant_id = assigned.instant_id
LEFT JOIN followed ON followed.instant_id = assigned.instant_id
"""

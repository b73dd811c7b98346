"""The statement that sums what both arms did, in one pass over the outbox and the orders."""

# Money is summed as decimals: the order in which threads add must not show in the last digit.
OUTCOMES = """
-- One row per campaign and arm.
WITH planned AS (
    SELECT
        outbox.journey AS campaign,
        coalesce(aliases.profile_id, outbox.profile_id) AS profile_id,
        outbox.is_holdout,
        outbox.is_eligible,
        outbox.decided_at,
        coalesce(goals.goal_microseconds, $window) AS window_microseconds
    FROM lake_journeys_outbox AS outbox
    LEFT JOIN campaign_goals AS goals
        ON goals.campaign = outbox.journey AND goals.journey_version = outbox.journey_version
    LEFT JOIN profile_aliases AS aliases ON aliases.alias_id = outbox.profile_id
    WHERE NOT outbox.is_transactional AND outbox.decided_at < $as_of
),

people AS (
    SELECT
        campaign,
        profile_id,
        bool_or(is_holdout) AS is_holdout,
        min(decided_at) FILTER (WHERE is_eligible) AS decided_at,
        arg_min(window_microseconds, (decided_at, window_microseconds)) FILTER (WHERE is_eligible)
            AS window_microseconds
    FROM planned
    GROUP BY campaign, profile_id
    HAVING bool_or(is_eligible) AND bool_or(is_holdout) = bool_and(is_holdout)
),

answers AS (
    SELECT people.campaign, people.profile_id, orders.currency, orders.net_amount
    FROM people
    INNER JOIN orders
        ON
            orders.profile_id = people.profile_id
            AND orders.ordered_at >= people.decided_at
            AND orders.ordered_at < people.decided_at + to_microseconds(people.window_microseconds)
    WHERE NOT orders.is_cancelled AND orders.ordered_at < $as_of
),

currencies AS (
    SELECT campaign, arg_max(currency, (order_count, currency)) AS currency
    FROM (
        SELECT campaign, currency, count(*) AS order_count
        FROM answers
        WHERE currency IS NOT NULL
        GROUP BY campaign, currency
    )
    GROUP BY campaign
),

-- What people had done before they were assigned: it tells how much of what they did afterwards is their habit.
habits AS (
    SELECT
        people.campaign,
        people.profile_id,
        CAST(sum(orders.net_amount) FILTER (WHERE orders.currency = currencies.currency) AS DECIMAL(18, 4)) AS revenue
    FROM people
    INNER JOIN orders
        ON
            orders.profile_id = people.profile_id
            AND orders.ordered_at < people.decided_at
            AND orders.ordered_at >= people.decided_at - to_microseconds($past)
    LEFT JOIN currencies ON currencies.campaign = people.campaign
    WHERE NOT orders.is_cancelled
    GROUP BY people.campaign, people.profile_id
),

responses AS (
    SELECT
        answers.campaign,
        answers.profile_id,
        CAST(sum(answers.net_amount) FILTER (WHERE answers.currency = currencies.currency) AS DECIMAL(18, 4)) AS revenue
    FROM answers
    LEFT JOIN currencies ON currencies.campaign = answers.campaign
    GROUP BY answers.campaign, answers.profile_id
),

per_person AS (
    SELECT
        people.campaign,
        people.is_holdout,
        people.window_microseconds,
        people.decided_at + to_microseconds(people.window_microseconds) <= $as_of AS is_complete,
        currencies.currency,
        responses.profile_id IS NOT NULL AS is_converted,
        habits.profile_id IS NOT NULL AS had_bought,
        coalesce(responses.revenue, 0) AS revenue,
        coalesce(habits.revenue, 0) AS past_revenue
    FROM people
    LEFT JOIN responses
        ON responses.campaign = people.campaign AND responses.profile_id = people.profile_id
    LEFT JOIN habits
        ON habits.campaign = people.campaign AND habits.profile_id = people.profile_id
    LEFT JOIN currencies ON currencies.campaign = people.campaign
)

SELECT
    campaign,
    is_holdout,
    any_value(currency) AS currency,
    count(*) AS people,
    max(window_microseconds) AS window_microseconds,
    count(*) FILTER (WHERE is_complete) AS complete,
    count(*) FILTER (WHERE is_converted) AS converted,
    count(*) FILTER (WHERE had_bought) AS had_bought,
    count(*) FILTER (WHERE is_converted AND had_bought) AS bought_again,
    sum(revenue) AS revenue_sum,
    sum(revenue * revenue) AS revenue_sum_squares,
    sum(past_revenue) AS past_sum,
    sum(past_revenue * past_revenue) AS past_sum_squares,
    sum(revenue * past_revenue) AS revenue_products
FROM per_person
GROUP BY campaign, is_holdout
ORDER BY campaign, is_holdout
"""

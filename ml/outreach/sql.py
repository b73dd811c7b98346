"""The questions that `ml/outreach/history.py` asks of a run's tables."""

from __future__ import annotations

#: Local time by the offsets that are data; a zone that isn't known counts as none.
_LOCAL = """
    INNER JOIN lake_reference_tz_offsets_latest AS tz
        ON tz.zone = people.zone AND {instant} >= tz.from_at AND {instant} < tz.to_at"""
_HOUR = "CAST(hour({instant} + to_seconds(tz.offset_seconds)) AS BIGINT) AS hour"
_WEEKDAY = "CAST(isodow({instant} + to_seconds(tz.offset_seconds)) - 1 AS BIGINT) AS weekday"

#: An order that came without any id is a profile of its own, `order:<id>`: nobody can be written to as that.
PEOPLE = """
WITH nobodies AS (
    SELECT profile_id
    FROM identities
    GROUP BY profile_id
    HAVING bool_and(identifier_type = 'anonymous_id' AND identifier_value LIKE 'order:%')
),

zones AS (SELECT DISTINCT zone FROM lake_reference_tz_offsets_latest)

SELECT
    row_number() OVER (ORDER BY profiles.profile_id) - 1 AS person,
    profiles.profile_id,
    coalesce(zones.zone, $zone) AS zone,
    zones.zone IS NOT NULL AS has_zone
FROM profiles
LEFT JOIN zones ON zones.zone = profiles.time_zone
WHERE NOT profiles.is_bot
    AND profiles.profile_id NOT IN (SELECT profile_id FROM nobodies)
"""

#: A visit is known from when its first event was learned. Those that a message led to began when we chose to send.
ACTS = f"""
WITH known AS (
    SELECT
        sessions.session_id,
        any_value(sessions.profile_id) AS profile_id,
        any_value(sessions.started_at) AS acted_at,
        min(events.effective_at) AS learned_at
    FROM sessions
    INNER JOIN events
        ON events.profile_id = sessions.profile_id AND events.occurred_at = sessions.started_at
    WHERE NOT sessions.is_bot
        AND sessions.channel NOT IN (
            SELECT json_extract_string(properties, '$.channel')
            FROM events
            WHERE event = 'Message Sent' AND json_extract_string(properties, '$.channel') IS NOT NULL
        )
    GROUP BY sessions.session_id
)

SELECT
    people.person,
    known.acted_at,
    known.learned_at,
    {_HOUR.format(instant="known.acted_at")},
    {_WEEKDAY.format(instant="known.acted_at")}
FROM known
INNER JOIN people ON people.profile_id = known.profile_id
{_LOCAL.format(instant="known.acted_at")}
WHERE known.learned_at < $as_of
"""

#: Answers count by when they were learned, so that a row says the same whenever it is read after its horizon.
MESSAGES = f"""
WITH told AS (
    SELECT
        profile_id,
        event,
        is_machine,
        occurred_at,
        effective_at,
        json_extract_string(properties, '$.message_id') AS message_id,
        json_extract_string(properties, '$.channel') AS channel,
        json_extract_string(properties, '$.campaign') AS campaign,
        coalesce(json_extract_string(properties, '$.purpose'), $purpose) AS purpose,
        coalesce(json_extract_string(properties, '$.outcome'), 'accepted') AS outcome
    FROM events
    WHERE effective_at < $as_of
        AND event IN (
            'Message Sent', 'Email Opened', 'Email Link Clicked', 'SMS Link Clicked', 'Push Notification Tapped',
            'Email Bounced', 'Push Notification Bounced'
        )
),

sent AS (
    SELECT
        message_id,
        min(profile_id) AS profile_id,
        min(channel) AS channel,
        min(campaign) AS campaign,
        min(occurred_at) AS sent_at
    FROM told
    WHERE event = 'Message Sent' AND outcome = 'accepted' AND purpose = $purpose AND channel IS NOT NULL
    GROUP BY message_id
),

answers AS (
    SELECT
        message_id,
        min(CASE WHEN event LIKE '%Opened' AND NOT is_machine THEN effective_at END) AS opened_at,
        min(CASE WHEN event SIMILAR TO '.*(Clicked|Tapped)' AND NOT is_machine THEN effective_at END) AS clicked_at,
        bool_or(event LIKE '%Bounced') AS is_bounced
    FROM told
    WHERE event != 'Message Sent'
    GROUP BY message_id
),

placed AS (
    SELECT
        people.person,
        sent.*,
        {_HOUR.format(instant="sent.sent_at")},
        {_WEEKDAY.format(instant="sent.sent_at")}
    FROM sent
    INNER JOIN people ON people.profile_id = sent.profile_id
    {_LOCAL.format(instant="sent.sent_at")}
)

SELECT
    placed.person,
    placed.message_id,
    placed.channel,
    coalesce(placed.campaign, '') AS campaign,
    placed.sent_at,
    placed.hour,
    placed.weekday,
    coalesce(answers.opened_at < placed.sent_at + $horizon, false) AS is_opened,
    coalesce(answers.clicked_at < placed.sent_at + $horizon, false) AS is_clicked,
    date_diff('second', acts.learned_at, placed.sent_at) / 86400.0 AS silent_days,
    CAST(count(*) OVER (
        PARTITION BY placed.person, placed.channel
        ORDER BY placed.sent_at
        RANGE BETWEEN INTERVAL 14 DAYS PRECEDING AND CURRENT ROW
    ) - 1 AS DOUBLE) AS heard
FROM placed
LEFT JOIN answers ON answers.message_id = placed.message_id
ASOF LEFT JOIN acts ON acts.person = placed.person AND acts.learned_at < placed.sent_at
WHERE NOT coalesce(answers.is_bounced, false)
"""

#: Each assignment by chance, with what the message of its campaign brought, and the channels that consent allowed.
#: A refusal by one of a person's identifiers goes before what the others say.
ASSIGNMENTS = """
WITH assigned AS (
    SELECT
        people.person,
        people.profile_id,
        json_extract_string(events.properties, '$.experiment_id') AS campaign,
        json_extract_string(events.properties, '$.variation_id') AS arm,
        TRY_CAST(json_extract_string(events.properties, '$.propensity') AS DOUBLE) AS propensity,
        events.occurred_at AS assigned_at
    FROM events
    INNER JOIN people ON people.profile_id = events.profile_id
    WHERE events.event = 'Experiment Viewed' AND events.effective_at < $as_of
),

words AS (
    SELECT
        identities.profile_id,
        history.channel,
        history.is_granted,
        history.known_from,
        coalesce(history.known_to, TIMESTAMP '3000-01-01') AS known_to
    FROM consent_history AS history
    INNER JOIN identities
        ON identities.identifier_type = history.identifier_type
        AND identities.identifier_value = history.identifier_value
    WHERE history.purpose = $purpose
),

spoken AS (
    SELECT
        assigned.person,
        assigned.campaign,
        words.channel,
        bool_and(words.is_granted) AS is_allowed
    FROM assigned
    INNER JOIN words
        ON words.profile_id = assigned.profile_id
        AND words.known_from <= assigned.assigned_at
        AND words.known_to > assigned.assigned_at
    GROUP BY assigned.person, assigned.campaign, words.channel
),

consents AS (
    SELECT person, campaign, list(channel) AS allowed
    FROM spoken
    WHERE is_allowed
    GROUP BY person, campaign
)

SELECT
    assigned.person,
    assigned.arm,
    assigned.propensity,
    assigned.assigned_at,
    coalesce(messages.is_clicked, false) AS is_clicked,
    date_diff('second', acts.learned_at, assigned.assigned_at) / 86400.0 AS silent_days,
    consents.allowed
FROM assigned
LEFT JOIN messages
    ON messages.person = assigned.person
    AND messages.campaign = assigned.campaign
    AND messages.channel = assigned.arm
LEFT JOIN consents ON consents.person = assigned.person AND consents.campaign = assigned.campaign
ASOF LEFT JOIN acts ON acts.person = assigned.person AND acts.learned_at < assigned.assigned_at
WHERE assigned.propensity > 0 AND assigned.propensity <= 1 AND assigned.campaign IS NOT NULL AND assigned.arm IS NOT NULL
ORDER BY assigned.assigned_at, assigned.person
"""

#: Whom a channel may and can be used for: permission, an address, and no hard bounce so far.
REACHABLE = """
WITH bounced AS (
    SELECT profile_id, 'email' AS channel
    FROM events
    WHERE event = 'Email Bounced'
        AND json_extract_string(properties, '$.bounce_type') = 'hard'
        AND effective_at < $as_of
    GROUP BY profile_id
)

SELECT people.person, consents.channel
FROM consents
INNER JOIN people ON people.profile_id = consents.profile_id
INNER JOIN profiles ON profiles.profile_id = consents.profile_id
LEFT JOIN bounced ON bounced.profile_id = consents.profile_id AND bounced.channel = consents.channel
WHERE consents.is_granted
    AND consents.purpose = $purpose
    AND consents.effective_at < $as_of
    AND bounced.profile_id IS NULL
    AND (consents.channel != 'email' OR profiles.email IS NOT NULL)
    AND (consents.channel NOT IN ('sms', 'voice', 'whatsapp', 'rcs', 'viber', 'zalo') OR profiles.phone IS NOT NULL)
ORDER BY people.person, consents.channel
"""

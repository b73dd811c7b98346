"""Whether such an event took effect in (at - within, at]."""

from activation.journeys.graph import EventCondition
from activation.journeys.questions.contract import Question

plugin = Question(
    EventCondition,
    "event_conditions",
    "condition INTEGER, match INTEGER, within BIGINT, of_step TEXT",
    lambda condition, codes: (
        codes.condition(condition),
        codes.past_match(condition.match),
        condition.within,
        condition.match.of_message or None,
    ),
    """
    SELECT a.enrolment, a.condition
    FROM asked AS a
    JOIN event_conditions AS c ON c.condition = a.condition
    JOIN past_hits AS h
      ON h.match = c.match AND h.person = a.person AND h.at <= a.at AND h.at > coalesce(a.at - c.within, -1)
    LEFT JOIN steps AS t ON t.graph = a.graph AND t.step_id = c.of_step
    LEFT JOIN planned_last AS p ON p.enrolment = a.enrolment AND p.step = t.step
    WHERE c.of_step IS NULL OR p.message = h.message
    """,
)

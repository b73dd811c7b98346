"""Membership as of the instant."""

from activation.journeys.graph import SegmentCondition
from activation.journeys.questions.contract import Question

plugin = Question(
    SegmentCondition,
    "segment_conditions",
    "condition INTEGER, segment TEXT",
    lambda condition, codes: (codes.condition(condition), condition.segment),
    """
    SELECT a.enrolment, a.condition
    FROM asked AS a
    JOIN segment_conditions AS c ON c.condition = a.condition
    JOIN facts_segments AS f
      ON f.person = a.person AND f.segment = c.segment AND f.from_at <= a.at AND a.at < f.to_at
    """,
)

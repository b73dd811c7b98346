"""What became, up to the instant, of the message that this enrolment planned last at a step.

Where none was planned neither `happened` nor its opposite holds, so the question answers for both of them.
"""

from activation.journeys.graph import MessageCondition
from activation.journeys.questions.contract import Question

plugin = Question(
    MessageCondition,
    "message_conditions",
    "condition INTEGER, step_id TEXT, status TEXT, happened BOOLEAN",
    lambda condition, codes: (
        codes.condition(condition),
        condition.step_id,
        condition.status,
        condition.happened,
    ),
    """
    SELECT a.enrolment, a.condition
    FROM asked AS a
    JOIN message_conditions AS c ON c.condition = a.condition
    JOIN steps AS t ON t.graph = a.graph AND t.step_id = c.step_id
    JOIN planned_last AS p ON p.enrolment = a.enrolment AND p.step = t.step
    LEFT JOIN feedback AS f ON f.message = p.message AND f.status = c.status AND f.at <= a.at
    GROUP BY a.enrolment, a.condition
    HAVING bool_or(f.message IS NOT NULL OR p.outcome = c.status) = any_value(c.happened)
    """,
)

"""A trait or computed attribute as of the instant."""

from activation.journeys.graph import AttributeCondition
from activation.journeys.questions._comparison import COLUMNS, holds, row
from activation.journeys.questions.contract import Question

plugin = Question(
    AttributeCondition,
    "attribute_conditions",
    f"condition INTEGER, attribute TEXT, {COLUMNS}",
    lambda condition, codes: (
        codes.condition(condition),
        condition.attribute,
        *row(condition.operator, condition.operand),
    ),
    f"""
    SELECT a.enrolment, a.condition
    FROM asked AS a
    JOIN attribute_conditions AS c ON c.condition = a.condition
    LEFT JOIN facts_attributes AS f
      ON f.person = a.person AND f.attribute = c.attribute AND f.from_at <= a.at AND a.at < f.to_at
    WHERE {holds("f.value", "c")}
    """,
)

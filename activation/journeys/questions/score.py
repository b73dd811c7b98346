"""A model's last score at or before the instant; who has none satisfies nothing."""

from activation.journeys.graph import ScoreCondition
from activation.journeys.questions._comparison import COLUMNS, judged, row
from activation.journeys.questions.contract import Question

plugin = Question(
    ScoreCondition,
    "score_conditions",
    f"condition INTEGER, score TEXT, {COLUMNS}",
    lambda condition, codes: (
        codes.condition(condition),
        condition.score,
        *row(condition.operator, condition.operand),
    ),
    f"""
    SELECT a.enrolment, a.condition
    FROM asked AS a
    JOIN score_conditions AS c ON c.condition = a.condition
    JOIN facts_scores AS f
      ON f.person = a.person AND f.score = c.score AND f.from_at <= a.at AND a.at < f.to_at
    WHERE coalesce({judged("f.value", "CAST(c.numbers AS DOUBLE[])", "c")}, false)
    """,
)

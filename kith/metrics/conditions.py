"""`--where`: SQL over dimensions by their plain names, turned into what MetricFlow takes."""

from __future__ import annotations

from itertools import pairwise

from kith.errors import KithError
from kith.metrics.columns import Column
from kith.metrics.question import Names


def metricflow_condition(text: str, names: Names) -> str:
    """`country = 'GB' and day >= '2026-03-01'` with each name as MetricFlow's template.

    Text that holds templates already is taken as it is.
    """
    if "{{" in text or not text.strip():
        return text
    import duckdb

    tokens = [*duckdb.tokenize(text), (len(text), None)]
    parts = [text[: tokens[0][0]]]
    for (start, kind), (end, _) in pairwise(tokens):
        word, gap = _split(text[start:end])
        is_call = text[end:].startswith("(") or gap.endswith("(")
        parts.append(_told(word, kind, names, is_call) + gap)
    return "".join(parts)


def _told(word: str, kind: object, names: Names, is_call: bool) -> str:
    import duckdb

    if kind not in (duckdb.token_type.identifier, duckdb.token_type.keyword) or is_call:
        return word
    try:
        return _template(names.column(word.strip('"')))
    except KithError:
        if kind == duckdb.token_type.keyword:  # `and`, `in`, `between`: SQL's own words
            return word
        raise


def _template(column: Column) -> str:
    if column.grain:
        return f"{{{{ TimeDimension('{column.dimension}', '{column.grain}') }}}}"
    return f"{{{{ Dimension('{column.dimension}') }}}}"


def _split(token: str) -> tuple[str, str]:
    word = token.rstrip()
    return word, token[len(word) :]

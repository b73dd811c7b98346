"""The quick way out of a template escapes as Jinja's own does, wherever a value comes from."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup

from activation.rendering import render, template_of

SOURCES = [
    "{{ x }}",
    "{{ x }}{{ x }}&<",
    "{% for each in [x, x] %}{{ each }}{% endfor %}",
    "{% set kept = x %}{{ kept }}",
    "{% set block %}<b>{{ x }}</b>{% endset %}{{ block }}",
    "{% macro bold(y) %}<b>{{ y }}</b>{% endmacro %}{{ bold(x) }}",
    "{% filter upper %}{{ x }}{% endfilter %}",
    "{{ x | upper }}{{ x | default('<') }}{{ x | e }}{{ x | string | length }}",
    "{{ '<' ~ x }}{{ x if x else '<' }}",
    "{{ {'a': x}.a }}{{ {'items': x}['items'] }}",
    "{% autoescape false %}{{ x }}{% endautoescape %}{{ x }}",
]


class Named:
    def __str__(self) -> str:
        return "<named & quoted ''>"


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=30, deadline=None)
@given(
    st.one_of(
        st.text(alphabet="<>&\"'aé\n{}%", max_size=20),
        st.integers(),
        st.just(1.5),
        st.just(Markup("<i>&</i>")),
    )
)
def test_output__is_escaped_as_jinja_does(source: str, value: object) -> None:
    expected = Environment(autoescape=True).from_string(source).render(x=value)
    files = {"subject.txt": "s", "body.txt": "t", "body.html": source}
    assert render(template_of("t", files), {"x": value}).html == expected


def test_output__of_anything_else_is_escaped_too() -> None:
    files = {"subject.txt": "s", "body.txt": "{{ x }}", "body.html": "{{ x }}"}
    seen = render(template_of("t", files), {"x": Named()})
    assert seen.html == "&lt;named &amp; quoted &#39;&#39;&gt;"
    assert seen.text == str(Named())
    assert render(template_of("t", files), {"x": date(2026, 5, 1)}).html == "2026-05-01"


def test_data__a_field_comes_before_a_method_of_its_dictionary() -> None:
    files = {"subject.txt": "s", "body.txt": "{{ x.items }}{{ x.keys }}", "body.html": "h"}
    assert render(template_of("t", files), {"x": {"items": 3, "keys": 4}}).text == "34"

"""What a template needs, read from its syntax: never less than rendering then asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.rendering import MissingVariable, render, template_of
from activation.rendering.variables import Needs

NAMES = "abc"


def needs_of(source: str) -> Needs:
    files = {"subject.txt": "s", "body.html": "h", "body.txt": source}
    if "part.txt" in source:
        files["part.txt"] = "{{ deep }}"
    return template_of("t", files).variant().needs


@pytest.mark.parametrize(
    ("source", "required", "optional"),
    [
        ("{{ a }}", "a", ""),
        ("{{ a | default('x') }}", "", "a"),
        ("{{ a | default(b) }}", "b", "a"),
        ("{{ a.x | default('x') }}", "a", ""),
        ("{% if a is defined %}{{ a }}{% endif %}", "", "a"),
        ("{% if a is defined %}{{ a }}{% else %}{{ a }}{% endif %}", "a", ""),
        ("{% if a is undefined %}x{% else %}{{ a }}{% endif %}", "", "a"),
        ("{% if not a is undefined %}{{ a }}{% endif %}", "", "a"),
        ("{% if a %}x{% endif %}", "a", ""),
        ("{% if a is defined and a.b %}{{ a }}{% endif %}", "", "a"),
        ("{% if a is defined and b is defined %}{{ a }}{{ b }}{% endif %}", "", "ab"),
        ("{% if a is defined or b is defined %}{{ a }}{% endif %}", "a", "b"),
        ("{% if a is defined %}x{% endif %}{{ a }}", "a", ""),
        ("{{ a if a is defined else b }}", "b", "a"),
        ("{% for x in a %}{{ x }}{{ loop.index }}{{ b }}{% endfor %}", "ab", ""),
        ("{% for x, y in a %}{{ x }}{{ y }}{% endfor %}", "a", ""),
        ("{% set x = a %}{{ x }}", "a", ""),
        ("{% if a is defined %}{% for x in a if x %}{{ x }}{% endfor %}{% endif %}", "", "a"),
        ("{% include 'part.txt' %}", ["deep"], ""),
        ("{# {{ a }} #}{% raw %}{{ b }}{% endraw %}", "", ""),
        ("{% if b is undefined %}{{ a }}{% endif %}", "a", "b"),
    ],
)
def test_needs__tells_required_from_optional(source: str, required: str, optional: str) -> None:
    found = needs_of(source)
    assert (set(found.required), set(found.optional)) == (set(required), set(optional))


def test_needs__a_default_of_the_template_satisfies() -> None:
    files = {
        "subject.txt": "s",
        "body.html": "{{ a }}",
        "body.txt": "{{ b }}",
        "template.yml": "defaults: {a: 1}",
    }
    found = template_of("t", files).variant().needs
    assert (found.required, found.optional) == ({"b"}, {"a"})


_leaf = st.one_of(
    st.sampled_from(NAMES).map(lambda n: f"{{{{ {n} }}}}"),
    st.sampled_from(NAMES).map(lambda n: f"{{{{ {n} | default('-') }}}}"),
    st.just("text"),
)
_test = st.recursive(
    st.one_of(
        st.sampled_from(NAMES).map(lambda n: f"{n} is defined"),
        st.sampled_from(NAMES).map(lambda n: f"{n} is undefined"),
        st.sampled_from(NAMES),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        inner.map("(not {})".format),
    ),
    max_leaves=4,
)
_source = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, _test, inner, inner),
        st.builds("{{% for x in [1] %}}{}{{% endfor %}}".format, inner),
        st.builds("{{% set x = 1 %}}{}".format, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(_source, st.sets(st.sampled_from(NAMES)))
def test_needs__whoever_has_what_is_required_can_be_rendered(source: str, known: set[str]) -> None:
    template = template_of("t", {"subject.txt": "s", "body.html": "h", "body.txt": source})
    required = template.variant().needs.required
    variables = dict.fromkeys(known | required, "value")
    render(template, variables)  # raises nothing


def test_needs__is_not_empty_where_rendering_fails() -> None:
    template = template_of(
        "t", {"subject.txt": "s", "body.html": "h", "body.txt": "{% if a or b %}x{% endif %}"}
    )
    assert template.variant().needs.required == {"a", "b"}
    with pytest.raises(MissingVariable):
        render(template, {})

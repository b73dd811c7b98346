"""Computed attributes in templates: `profile.<name>`, each a variable of its own, strict as any other."""

from __future__ import annotations

from typing import Any

import pytest

from activation.rendering import MissingVariable, RenderRefused, render, template_of
from activation.rendering.variables import Needs


def template(source: str):
    return template_of("t", {"subject.txt": "s", "body.html": "h", "body.txt": source})


def needs_of(source: str) -> Needs:
    return template(source).variant().needs


@pytest.mark.parametrize(
    ("source", "required", "optional"),
    [
        ("{{ profile.tier }}", {"profile.tier"}, set()),
        ("{{ profile['tier'] }}", {"profile.tier"}, set()),
        ("{{ profile.tier | upper }} {{ a }}", {"profile.tier", "a"}, set()),
        ("{{ profile.tier | default('none') }}", set(), {"profile.tier"}),
        ("{% if profile.tier is defined %}{{ profile.tier }}{% endif %}", set(), {"profile.tier"}),
        (
            "{% if profile.tier is defined %}{{ profile.spent }}{% endif %}",
            {"profile.spent"},
            {"profile.tier"},
        ),
        ("{% if profile.orders > 3 %}x{% endif %}", {"profile.orders"}, set()),
        ("{% if profile is defined %}{{ profile.tier }}{% endif %}", {"profile.tier"}, {"profile"}),
        ("{{ profile }}", {"profile"}, set()),
        ("{{ profile[a] }}", {"profile"}, set()),
        ("{% for x in profile.list %}{{ x }}{% endfor %}", {"profile.list"}, set()),
        ("{% set profile = a %}{{ profile.tier }}", {"a"}, set()),
        ("{{ other.tier }}", {"other"}, set()),
    ],
)
def test_needs__name_each_attribute(source: str, required: set[str], optional: set[str]) -> None:
    found = needs_of(source)
    assert (set(found.required), set(found.optional)) == (required, optional)


def text(source: str, **profile: Any) -> str:
    return render(template(source), {"profile": profile}).text


def test_attribute__is_filled_in() -> None:
    assert (
        text("{{ profile.tier }}, {{ profile.spent | money('EUR') }}", tier="gold", spent=12.5)
        == "gold, €12.50"
    )


@pytest.mark.parametrize("profile", [{}, {"tier": None}])
def test_attribute__that_is_missing_is_no_empty_text(profile: dict[str, Any]) -> None:
    with pytest.raises(MissingVariable) as missing:
        text("{{ profile.tier }}", **profile)
    assert missing.value.name == "tier"
    assert text("{{ profile.tier | default('none') }}", **profile) == "none"
    assert text("{% if profile.tier is defined %}x{% endif %}", **profile) == ""


@pytest.mark.parametrize("name", ["items", "values", "get", "keys", "_values", "__class__"])
def test_attribute__is_never_taken_for_a_method(name: str) -> None:
    with pytest.raises(RenderRefused):
        text(f"{{{{ profile.{name} }}}}")
    assert text(f"{{{{ profile['{name}'] }}}}", **{name: "x"}) == "x"


def test_attribute__named_as_a_method_is_filled_in() -> None:
    assert text("{{ profile.items }} {{ profile.get }}", items=3, get="y") == "3 y"

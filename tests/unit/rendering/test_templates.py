"""Templates: strict, sandboxed, one object a version, with a variant for each locale."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from activation.rendering import MissingVariable, RenderRefused, Templates, load_template, render, template_of
from kith.errors import KithError
from kith.settings import PROJECT

OFFER = PROJECT / "activation" / "definitions" / "templates" / "winback_offer"
PICK = {
    "name": "Amber <Mug>",
    "price": "12.50",
    "currency": "EUR",
    "url": "https://shop.example/mug?a=1&b=2",
    "image_url": None,
}
UNSUBSCRIBE = {"unsubscribe_url": "http://127.0.0.1:8300/u/token"}


def made(**parts: str) -> dict[str, str]:
    files = {"subject.txt": "Hello", "body.html": "<p>Hello</p>", "body.txt": "Hello"}
    return files | {name.replace("__", "/").replace("_", ".", 1): text for name, text in parts.items()}


def test_offer__greets_by_name_and_shows_picks() -> None:
    seen = render(
        load_template(OFFER),
        {**UNSUBSCRIBE, "first_name": "Ada", "favourite_category": "Coffee", "picks": [PICK]},
    )
    assert seen.subject == "Ada, it's been a while: 10% off in Coffee"
    assert "Amber &lt;Mug&gt;" in seen.html
    assert "Amber <Mug>" in seen.text
    for part in (seen.html, seen.text):
        assert "€12.50" in part
        assert UNSUBSCRIBE["unsubscribe_url"] in part
        assert "1 Example Street" in part


@pytest.mark.parametrize("absent", [{}, {"first_name": None, "picks": None, "favourite_category": None}])
def test_offer__falls_back_where_nothing_is_known(absent: dict[str, None]) -> None:
    seen = render(load_template(OFFER), {**UNSUBSCRIBE, **absent})
    assert seen.subject == "It's been a while: 10% off"
    assert "Hello there" in seen.html
    assert "None" not in seen.html + seen.text
    assert "Picked for you" not in seen.html + seen.text


@pytest.mark.parametrize(
    ("locale", "chosen"),
    [("de-DE", "de"), ("de", "de"), ("DE_at", "de"), ("en-GB", ""), ("", ""), ("fr-FR", ""), ("x" * 99, "")],
)
def test_offer__speaks_the_reader_s_language(locale: str, chosen: str) -> None:
    template = load_template(OFFER)
    assert template.locale_for(locale) == chosen
    seen = render(template, {**UNSUBSCRIBE, "first_name": "Ada"}, locale)
    assert ("Abmelden" in seen.text) == (chosen == "de")
    assert ('lang="de"' in seen.html) == (chosen == "de")


def test_template__the_country_s_variant_wins_over_the_language_s() -> None:
    files = made() | {"pt/subject.txt": "Olá", "pt_BR/subject.txt": "Oi", "pt_BR/body.txt": "Oi!"}
    template = template_of("t", files)
    assert render(template, {}, "pt-BR").subject == "Oi"
    assert render(template, {}, "pt-PT").subject == "Olá"
    assert render(template, {}, "pt-BR").html == "<p>Hello</p>"


def test_template__a_null_is_a_missing_value_and_is_named() -> None:
    template = template_of("t", made(body_txt="{{ offer }}"))
    for variables in ({}, {"offer": None}):
        with pytest.raises(MissingVariable) as raised:
            render(template, variables)
        assert raised.value.name == "offer"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ name.__init__.__globals__ }}",
        "{{ name.format.__func__ }}",
        "{{ items.append(1) }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 1000000000 * 'x' }}",
        "{{ [1] * 1000000000 }}",
        "{{ 9 ** 999999 }}",
        "{{ '%s' % missing }}",
        "{{ range(10) }}",
        "{{ lipsum() }}",
        "{{ name.nothing }}",
        "{{ price | money }}",
        "{{ 1 // 0 }}",
        "{{ name + 1 }}",
        "{% include 'nowhere.txt' %}",
    ],
)
def test_template__refuses_what_reaches_out_or_runs_away(source: str) -> None:
    template = template_of("t", made(body_txt=source))
    with pytest.raises(KithError):
        render(template, {"name": "Ada", "items": [1], "price": "much"})


def test_template__a_name_can_not_break_the_subject_into_lines() -> None:
    template = template_of("t", made(subject_txt="Hello {{ name }}"))
    seen = render(template, {"name": "Ada\r\nBcc: all@example.com"})
    assert seen.subject == "Hello Ada Bcc: all@example.com"


def test_template__values_are_not_templates() -> None:
    template = template_of("t", made(body_html="{{ name }}", body_txt="{{ name }}"))
    seen = render(template, {"name": "{{ 7 * 7 }}<script>"})
    assert seen.html == "{{ 7 * 7 }}&lt;script&gt;"
    assert seen.text == "{{ 7 * 7 }}<script>"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"body.html": "x", "body.txt": "x"}, "subject.txt: is missing"),
        (made(body_txt="{% if %}"), "t: body.txt:1"),
        (made(body_html="line\n{{ x | nofilter }}"), "body.html:2"),
        (made() | {"logo.png": ""}, "logo.png"),
        (made() | {"../evil.txt": ""}, "evil"),
        (made() | {"template.yml": "defaults: ["}, "template.yml"),
        (made() | {"template.yml": "colour: red"}, "colour"),
    ],
)
def test_template__an_error_names_the_file(files: dict[str, str], told: str) -> None:
    with pytest.raises(KithError, match=told.replace(".", r"\.")):
        template_of("t", files).variant()


def test_template__its_version_is_the_hash_of_its_files() -> None:
    one, same, other = (
        template_of("t", made()),
        template_of("t", made()),
        template_of("t", made(body_txt="x")),
    )
    assert one is same
    assert one.version != other.version


def test_templates__refuse_a_version_that_is_gone_and_find_an_edited_one(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    for name, text in made().items():
        (folder / name).write_text(text)
    templates = Templates(tmp_path)
    first = templates.get("t")
    (folder / "body.txt").write_text("new")
    second = template_of("t", made(body_txt="new"))
    assert templates.get("t", second.version).version == second.version
    with pytest.raises(KithError, match="changed since the message was planned"):
        templates.get("t", first.version)
    with pytest.raises(KithError, match="no template nowhere"):
        templates.get("nowhere")


def test_rendering__imports_nothing_heavy() -> None:
    code = (
        "import sys, activation.rendering\n"
        "heavy = {'pyarrow', 'numpy', 'duckdb', 'pandas', 'pydantic', 'yaml'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_template__runaway_recursion_is_refused() -> None:
    template = template_of("t", made(body_txt="{% include 'body.txt' %}"))
    with pytest.raises(RenderRefused):
        render(template, {})

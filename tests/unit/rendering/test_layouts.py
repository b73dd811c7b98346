"""Layouts: what many templates share is written once, and belongs to each of their versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from activation.rendering import load_template, render, template_of
from kith.errors import KithError
from kith.settings import PROJECT

LETTER = '<html lang="{% block language %}en{% endblock %}">{% block message %}{% endblock %} {{ shop_name }}</html>'
UNSUBSCRIBE = {"unsubscribe_url": "http://127.0.0.1:8300/u/token"}


def written(definitions: Path, layout: str = LETTER) -> Path:
    """A template whose mail extends a layout by way of another one, in two languages."""
    files = {
        "layouts/letter.html": layout,
        "layouts/loud.html": '{% extends "layouts/letter.html" %}',
        "templates/t/body.html": '{% extends "layouts/loud.html" %}{% block message %}Hello{% endblock %}',
        "templates/t/de/body.html": '{% extends "plain/body.html" %}{% block language %}de{% endblock %}'
        "{% block message %}Hallo{% endblock %}",
        "templates/t/subject.txt": "s",
        "templates/t/body.txt": "b",
        "templates/t/template.yml": "defaults: {shop_name: Larkfield}",
    }
    for name, text in files.items():
        path = definitions / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return definitions / "templates" / "t"


def test_layout__is_filled_in_by_each_language(tmp_path: Path) -> None:
    template = load_template(written(tmp_path))
    assert template.locales == {"", "de"}
    assert render(template, {}).html == '<html lang="en">Hello Larkfield</html>'
    assert render(template, {}, "de").html == '<html lang="de">Hallo Larkfield</html>'


def test_layout__changes_the_version_and_is_kept_with_it(tmp_path: Path) -> None:
    before = load_template(written(tmp_path))
    after = load_template(written(tmp_path, LETTER.replace("<html", "<html dir=ltr")))
    assert before.version != after.version
    kept = template_of(before.name, dict(before.files))
    assert kept.version == before.version
    assert render(kept, {}).html == '<html lang="en">Hello Larkfield</html>'


def test_layout__what_it_needs_the_template_needs(tmp_path: Path) -> None:
    template = load_template(written(tmp_path, LETTER + "{{ tier }}"))
    assert template.variant().needs.required == {"tier"}
    assert template.variant("de").needs.required == {"tier"}


def test_layout__of_which_there_is_none_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (tmp_path / "layouts" / "letter.html").unlink()
    with pytest.raises(KithError, match=r"no layout letter\.html") as refusal:
        load_template(folder)
    assert refusal.value.expected == "loud.html"


def test_layout__carries_a_whole_mail_of_a_playbook() -> None:
    """What the mail of a cart says, to the letter."""
    template = load_template(PROJECT / "activation" / "definitions" / "templates" / "cart_last_call")
    html = render(template, {**UNSUBSCRIBE, "first_name": "Ada"}).html
    for words in (
        '<html lang="en">',
        "<p>Hello Ada,</p>",
        '<a href="https://shop.example/cart" style="background:#1f5a4c;color:#ffffff',
        '<p style="margin-top:0;font-weight:bold;color:#1f5a4c">Larkfield &amp; Co.</p>',
        f'<a href="{UNSUBSCRIBE["unsubscribe_url"]}" style="color:#6b6860">Unsubscribe</a><br>Larkfield',
    ):
        assert words in html

"""What a template says on other channels than mail."""

from __future__ import annotations

import pytest

from activation.rendering import MissingVariable, RenderRefused, render, template_of, track_links
from activation.rendering.rendered import ActionPart, MediaPart
from kith.errors import KithError

MAIL = {"subject.txt": "Hello {{ name }}", "body.html": "<p>{{ name }}</p>", "body.txt": "Hello {{ name }}"}
WHATSAPP = """
text: "Hi {{ name }}, see {{ url }}"
title: Offer
media: [{url: "{{ picture | d('') }}", text: "{{ name }}'s mug"}]
actions: [{title: Look, url: "{{ url }}"}, {title: "{% if is_new is defined %}Join{% endif %}"}]
options: {template: "winback_{{ tier | d('all') }}", silent: true, ttl: 3600, empty: "{{ tier | d('') }}"}
"""
ADA = {"name": "Ada <b>", "url": "https://shop.example/?a=1"}


def test_part__a_channel_without_one_gets_subject_and_text_alone() -> None:
    seen = render(template_of("t", MAIL), ADA, "", "push")
    assert (seen.subject, seen.text, seen.html) == ("Hello Ada <b>", "Hello Ada <b>", "")


def test_part__a_text_of_its_own_replaces_the_mail_s() -> None:
    template = template_of("t", MAIL | {"sms.txt": "Kith: {{ name }}", "de/sms.txt": "Kith sagt: {{ name }}"})
    assert render(template, ADA, "", "sms").text == "Kith: Ada <b>"
    assert render(template, ADA, "de-AT", "sms").text == "Kith sagt: Ada <b>"
    assert render(template, ADA, "", "email").text == "Hello Ada <b>"


def test_part__a_yml_holds_media_actions_and_options_as_templates() -> None:
    template = template_of("t", MAIL | {"whatsapp.yml": WHATSAPP})
    seen = render(template, {**ADA, "picture": "https://shop.example/mug.png"}, "", "whatsapp")
    assert seen.subject == "Offer"
    assert seen.text == "Hi Ada <b>, see https://shop.example/?a=1"
    assert seen.media == (MediaPart("https://shop.example/mug.png", "image", "Ada <b>'s mug"),)
    assert seen.actions == (ActionPart("Look", "https://shop.example/?a=1"),)
    assert seen.options == {"template": "winback_all", "silent": "true", "ttl": "3600"}
    assert render(template, ADA, "", "whatsapp").media == ()


def test_part__html_is_escaped_for_the_channels_that_carry_it() -> None:
    template = template_of("t", {"in_app.html": "<b>{{ name }}</b>", "in_app.txt": "{{ name }}"})
    seen = render(template, ADA, "", "in_app")
    assert (seen.html, seen.text) == ("<b>Ada &lt;b&gt;</b>", "Ada <b>")


def test_part__what_is_not_there_is_refused_aloud() -> None:
    template = template_of("t", {"sms.txt": "Hi"})
    for channel in ("email", "push"):
        with pytest.raises(RenderRefused, match=f"no part for {channel}"):
            render(template, {}, "", channel)


def test_part__its_variables_are_needed_too_and_pieces_are_no_parts() -> None:
    files = MAIL | {"sms.yml": "text: '{{ code }}'", "footer.txt": "{{ street }}"}
    files["body.txt"] += "{% include 'footer.txt' %}"
    variant = template_of("t", files).variant()
    assert variant.needs.required == {"name", "code", "street"}
    assert set(variant.channels) == {"sms"}
    with pytest.raises(MissingVariable, match="code"):
        render(template_of("t", files), {**ADA, "street": "x"}, "", "sms")


def test_part__amp_is_the_mail_s_third_form() -> None:
    template = template_of("t", MAIL | {"body.amp.html": "<html amp4email>{{ name }}</html>"})
    assert render(template, ADA).amp == "<html amp4email>Ada &lt;b&gt;</html>"
    assert render(template, ADA, "", "push").amp == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text: [", "sms.yml"),
        ("- text", "is not a mapping"),
        ("colour: red", "no such field: colour"),
        ("text: {a: b}", "text is no text"),
        ("media: {url: x}", "media is no list"),
        ("media: [x]", "media.0 is no mapping"),
        ("media: [{text: x}]", "media.0 has no url"),
        ("actions: [{title: x, colour: red}]", "no such field of actions: colour"),
        ("options: [x]", "options is no mapping"),
        ("options: {1: x}", "a name that is no text"),
        ("text: '{% if %}'", "sms.yml:text:1"),
    ],
)
def test_part__an_error_names_file_and_field(content: str, told: str) -> None:
    with pytest.raises(KithError, match=told):
        template_of("t", MAIL | {"sms.yml": content}).variant()


def test_part__buttons_are_tracked_after_the_links_of_the_text() -> None:
    seen = render(template_of("t", MAIL | {"whatsapp.yml": WHATSAPP}), ADA, "", "whatsapp")
    tracked = track_links(seen, lambda index, url: f"https://k.example/{index}?{url}")
    assert tracked.text.endswith("see https://k.example/0?https://shop.example/?a=1")
    assert tracked.actions[0].url == "https://k.example/1?https://shop.example/?a=1"
    assert tracked.options == seen.options


def test_rendered__the_hash_names_the_content() -> None:
    template = template_of("t", MAIL | {"whatsapp.yml": WHATSAPP})
    one, same = (render(template, ADA, "", "whatsapp").content_hash for _ in range(2))
    others = {
        render(template, ADA, "", "email").content_hash,
        render(template, {**ADA, "tier": "gold"}, "", "whatsapp").content_hash,
        render(template, {**ADA, "name": "Bo"}, "", "whatsapp").content_hash,
    }
    assert one == same
    assert len({one, *others}) == 4


def test_css__is_inlined_where_the_template_says_so() -> None:
    styles = "<style>p{color:red}@media (max-width:9px){p{color:blue}}</style>"
    page = f"<html><head>{styles}</head><body><p>x</p></body></html>"
    files = MAIL | {"body.html": page}
    assert 'style="color' not in render(template_of("t", files), ADA).html
    seen = render(template_of("t", files | {"template.yml": "inline_css: true"}), ADA).html
    assert '<p style="color: red;">x</p>' in seen
    assert "@media" in seen

"""How the message reads for real people of the segment: every channel, every language, and what would be missing."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import streamlit as st

from dashboards.compose.choices import TemplateChoice
from dashboards.formatting import plain
from dashboards.notices import nothing
from dashboards.reader import Reader
from kith.errors import KithError
from kith.settings import Settings

PEOPLE, HEIGHT = 5, 560
THEIR_OWN = "Their own"
#: What would fetch something: nothing is fetched in a preview, so that nobody's server learns of it.
_FETCHED = re.compile(
    r"""\s(src|srcset|background|poster|data)\s*=\s*("https?:[^"]*"|'https?:[^']*')""", re.I
)
_STYLED = re.compile(r"url\(\s*['\"]?https?:[^)]*\)", re.I)
#: A picture is told by its words.
_PICTURE = re.compile(r"<img\b[^>]*?>", re.I)
_WORDS = re.compile(r"""\balt\s*=\s*("([^"]*)"|'([^']*)')""", re.I)
_FRAME = (
    "display:inline-block;padding:6px 10px;border:1px dashed #9aa5ab;border-radius:6px;"
    "color:#66757d;font:13px sans-serif"
)
_LINKED = re.compile(r"<link\b[^>]*>", re.I)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def show_preview(
    reader: Reader, chosen: list[TemplateChoice], by: list[str], segment: str | None, key: str
) -> None:
    """One person at a time; the visitor chooses whose, in which channel and language."""
    ready = [each for each in chosen if not each.problem]
    for each in chosen:
        if each.problem:
            st.error(f"Template {each.name}: {plain(each.problem)}", icon=":material/error:")
    if not ready:
        nothing("Choose a template to see how it reads.")
        return
    template = _choose(ready, f"{key}_template")
    channels = [*dict.fromkeys([*(each for each in by if each in template.channels), *template.channels])]
    if lacking := [each for each in by if each not in template.channels]:
        st.warning(f"{template.name} says nothing for: {', '.join(lacking)}.", icon=":material/chat_error:")
    left, right = st.columns(2)
    with left:
        channel = st.selectbox("Channel", channels, key=f"{key}_channel_{template.name}")
    with right:
        spoken = [THEIR_OWN, *(each or "as written" for each in template.locales)]
        locale = st.selectbox("Language", spoken, key=f"{key}_locale_{template.name}")
    wanted = None if locale == THEIR_OWN else "zz" if locale == "as written" else locale
    people = _people(reader, segment)
    try:
        shown = _previews(reader.settings, reader.run_id, _version(reader.settings, template.name),
                          template.name, tuple(people), channel, wanted)  # fmt: skip
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    _show_people(shown, key)


def _choose(ready: list[TemplateChoice], key: str) -> TemplateChoice:
    if len(ready) == 1:
        return ready[0]
    name = st.segmented_control(
        "Template", [each.name for each in ready], default=ready[0].name, key=key, required=True
    )
    return next(each for each in ready if each.name == name)


def _people(reader: Reader, segment: str | None) -> list[str]:
    """Some of the segment, the same each time; of everybody where it has nobody yet. An id is a hash, so the first are
    people by chance."""
    sql = "SELECT profile_id FROM segment_members WHERE segment = $segment ORDER BY profile_id LIMIT $count"
    if segment and not reader.missing("segment_members"):
        found = [row["profile_id"] for row in reader.rows(sql, segment=segment, count=PEOPLE)]
        if found:
            return found
    sql = "SELECT profile_id FROM profiles WHERE NOT is_bot ORDER BY profile_id LIMIT $count"
    return [row["profile_id"] for row in reader.rows(sql, count=PEOPLE)]


def _version(settings: Settings, template: str) -> str:
    from activation.rendering import load_template

    return load_template(settings.definitions / "templates" / template).version


@st.cache_data(max_entries=60, show_spinner="Rendering for real people …")
def _previews(
    _settings: Settings,
    run_id: str,
    version: str,
    template: str,
    people: tuple[str, ...],
    channel: str,
    locale: str | None,
) -> list[dict[str, Any]]:
    from activation.journeys.previewing import preview

    return [
        {
            "profile_id": each.profile_id,
            "locale": each.locale,
            "problem": each.problem,
            **_content(each.content),
        }
        for each in preview(_settings, template, people, channel=channel, locale=locale)
    ]


def _content(content: Any) -> dict[str, Any]:
    if content is None:
        return {"subject": "", "text": "", "html": "", "beside": []}
    beside = [f"Button “{each.title}” → {each.url or 'answers with its title'}" for each in content.actions]
    beside += [f"{each.kind.capitalize()}: {each.url}" for each in content.media]
    beside += [f"{name}: {value}" for name, value in content.options.items()]
    return {"subject": content.subject, "text": content.text, "html": content.html, "beside": beside}


def _show_people(shown: list[dict[str, Any]], key: str) -> None:
    if not shown:
        nothing("Nobody is known yet whom it could be shown for.")
        return
    missing = [each for each in shown if each["problem"]]
    if missing:
        told = ", ".join(sorted({each["problem"] for each in missing}))
        st.warning(
            f"{len(missing)} of {len(shown)} people would get nothing: {plain(told)}.",
            icon=":material/person_off:",
        )
    number = st.segmented_control(
        "Person", range(len(shown)), default=0, key=f"{key}_person", required=True,
        format_func=lambda at: f"{at + 1} · {shown[at]['profile_id'][:6]} · {shown[at]['locale'] or 'no language'}",
    )  # fmt: skip
    each = shown[int(number or 0)]
    if each["problem"]:
        st.info(f"No message: {plain(each['problem'])}.", icon=":material/mail_off:")
        return
    if each["subject"]:
        st.markdown(f"**{plain(each['subject'])}**")
    if each["html"]:
        html, text = st.tabs(["As HTML", "As text"])
        with html:
            show_html(each["html"])
        with text:
            st.code(each["text"], language=None, wrap_lines=True)
    else:
        st.code(each["text"], language=None, wrap_lines=True)
    for line in each["beside"]:
        st.caption(plain(line))


def show_html(html: str) -> None:
    """A body in a frame that may neither run anything nor fetch anything; pictures are left out."""
    body = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">{without_network(html)}'
    st.iframe(
        f'<iframe sandbox="" title="The message" srcdoc="{escape(body)}" '
        f'style="width:100%;height:{HEIGHT - 10}px;border:0;background:#fff;border-radius:8px"></iframe>',
        height=HEIGHT,
    )
    st.caption("Pictures aren't fetched here, and links don't lead anywhere.")


def without_network(html: str) -> str:
    """The body without anything that a browser would fetch by itself; a picture is a frame with its words."""
    return _LINKED.sub("", _STYLED.sub("none", _FETCHED.sub("", _PICTURE.sub(_told, html))))


def _told(picture: re.Match[str]) -> str:
    if re.search(r"\bsrc\s*=\s*['\"]data:", picture[0], re.I):
        return picture[0]
    words = _WORDS.search(picture[0])
    told = (words[2] or words[3] or "") if words else ""
    return f'<span style="{_FRAME}">{told}</span>' if told else ""

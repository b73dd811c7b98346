"""What a WhatsApp message says: an approved template, or, in the 24 hours after somebody wrote, anything.

Options: `template`, `language`, `body_1` … the texts of its places, `header_1` a text of its header, `button_0` … what
is put into its buttons (`button_0_type`: url or quick_reply). A picture, film or document goes into the header.
Without `template`: text, one file, up to three answers as buttons, up to ten as a list (`menu` opens it). A button that
opens a page needs an approved template: the Cloud API's schema knows none for free messages.
"""

import re
from collections.abc import Mapping
from typing import Any

from activation.channels._texts import short_text, web_address
from activation.channels.contract import Media, Refused, Request

LONGEST, LONGEST_BODY, LONGEST_BUTTON, LONGEST_ROW = 4_096, 1_024, 20, 24
_MOST_BUTTONS, _MOST_ROWS, _LONGEST_CAPTION = 3, 10, 1_024
_KINDS = ("image", "video", "document", "audio")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_PLACE = re.compile(r"(body|header|button)_(\d{1,2})")
_BUTTONS = {"url": "text", "quick_reply": "payload"}

Json = dict[str, Any]


def content(request: Request) -> Json:
    """`type` and what belongs to it. Raises contract.Refused."""
    if request.options.get("template"):
        return {"type": "template", "template": _template(request)}
    if request.actions:
        return {"type": "interactive", "interactive": _interactive(request)}
    if request.media:
        return _media(request)
    body = short_text(request.text, LONGEST)
    return {"type": "text", "text": {"body": body, "preview_url": "http" in body}}


def _template(request: Request) -> Json:
    name = request.options["template"]
    if not _NAME.fullmatch(name):
        raise Refused("bad_template", "a template's name has small letters, digits and underscores")
    code = request.options.get("language") or request.locale.replace("-", "_")
    if not code:
        raise Refused("no_language", "a template is sent in a language: the option `language`")
    components = [*_header(request), *_body(request.options), *_template_buttons(request.options)]
    told: Json = {"name": name, "language": {"policy": "deterministic", "code": code}}
    return {**told, "components": components} if components else told


def _places(options: Mapping[str, str], part: str) -> list[tuple[int, str]]:
    found = [(match, value) for key, value in options.items() if (match := _PLACE.fullmatch(key))]
    return sorted((int(match[2]), value) for match, value in found if match[1] == part)


def _header(request: Request) -> list[Json]:
    texts = [{"type": "text", "text": _parameter(text)} for _, text in _places(request.options, "header")]
    files: list[Json] = [{"type": _kind(media), _kind(media): _link(media)} for media in request.media]
    if len(files) > 1 or (files and texts):
        raise Refused("too_many_media", "the header of a template holds one file or a text")
    if files and files[0]["type"] == "audio":
        raise Refused("bad_media", "the header of a template holds no sound")
    return [{"type": "header", "parameters": [*texts, *files]}] if texts or files else []


def _body(options: Mapping[str, str]) -> list[Json]:
    told = _places(options, "body")
    if [number for number, _ in told] != list(range(1, len(told) + 1)):
        raise Refused("bad_variables", "the places of a template are body_1, body_2 … without a gap")
    parameters = [{"type": "text", "text": _parameter(text)} for _, text in told]
    return [{"type": "body", "parameters": parameters}] if parameters else []


def _template_buttons(options: Mapping[str, str]) -> list[Json]:
    found = []
    for number, value in _places(options, "button"):
        kind = options.get(f"button_{number}_type", "url")
        if kind not in _BUTTONS:
            raise Refused("bad_button", "a button of a template is of type url or quick_reply")
        field = _BUTTONS[kind]
        found.append(
            {
                "type": "button",
                "sub_type": kind,
                "index": str(number),
                "parameters": [{"type": field, field: short_text(value, 2_000, "button")}],
            }
        )
    return found


def _parameter(text: str) -> str:
    """The Cloud API refuses line ends, tabs and runs of spaces in a place of a template."""
    return short_text(re.sub(r"\s+", " ", text), LONGEST_BODY, "variable")


def _interactive(request: Request) -> Json:
    if any(action.url for action in request.actions):
        raise Refused("link_button", "a button that opens a page needs an approved template")
    if len(request.media) > 1:
        raise Refused("too_many_media", "a message with buttons holds one file")
    titles = [action.title.strip() for action in request.actions]
    if len(set(titles)) < len(titles):
        raise Refused("bad_button", "two buttons say the same")
    body = {"text": short_text(request.text, LONGEST_BODY)}
    if len(titles) > _MOST_BUTTONS:
        return {"type": "list", "body": body, "action": _list(request, titles)}
    buttons = [
        {"type": "reply", "reply": {"id": f"{number}", "title": short_text(title, LONGEST_BUTTON, "button")}}
        for number, title in enumerate(titles)
    ]
    told: Json = {"type": "button", "body": body, "action": {"buttons": buttons}}
    for media in request.media:
        told["header"] = {"type": _header_kind(media), _header_kind(media): _link(media)}
    return told


def _list(request: Request, titles: list[str]) -> Json:
    if len(titles) > _MOST_ROWS or request.media:
        raise Refused("too_many_actions", f"a list holds {_MOST_ROWS} answers and no file")
    rows = [
        {"id": str(number), "title": short_text(title, LONGEST_ROW, "button")}
        for number, title in enumerate(titles)
    ]
    menu = short_text(request.options.get("menu", "…"), LONGEST_BUTTON, "button")
    return {"button": menu, "sections": [{"rows": rows}]}


def _media(request: Request) -> Json:
    if len(request.media) > 1:
        raise Refused("too_many_media", "a message holds one file")
    media = next(iter(request.media))
    kind, told = _kind(media), _link(media)
    if request.text.strip():
        if kind == "audio":
            raise Refused("unsupported_content", "a sound carries no text")
        told["caption"] = short_text(request.text, _LONGEST_CAPTION)
    if kind == "document" and media.text:
        told["filename"] = short_text(media.text, 240, "filename")
    return {"type": kind, kind: told}


def _link(media: Media) -> Json:
    return {"link": web_address(media.url)}


def _kind(media: Media) -> str:
    if media.kind not in _KINDS:
        raise Refused("bad_media", f"this channel carries {', '.join(_KINDS)}")
    return media.kind


def _header_kind(media: Media) -> str:
    kind = _kind(media)
    if kind == "audio":
        raise Refused("bad_media", "a header holds no sound")
    return kind

"""The files of a template by the channel that they are for, and the strings of a `<channel>.yml` as templates.

    subject.txt body.html body.txt [body.amp.html]   a mail; subject and text serve channels with no file of their own
    sms.txt in_app.html                              the text, the HTML of that channel
    whatsapp.yml                                     title, text, media, actions, options: each string a template

A file that another one includes or extends is a piece of that one, and a channel's part no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kith.errors import KithError

MAIL = ("subject.txt", "body.html", "body.txt")
AMP = "body.amp.html"
DESCRIPTION = "template.yml"
_FIELDS = {"title": str, "text": str, "media": list, "actions": list, "options": dict}
_MEDIA, _ACTION = {"url", "kind", "text"}, {"title", "url"}
Leaves = Mapping[str, str]


def channels_of(files: Collection[str], included: Collection[str]) -> list[str]:
    """The channels that have a file of their own, by name."""
    own = {
        name.partition(".")[0]
        for name in files
        if "/" not in name and name not in {*MAIL, AMP, DESCRIPTION} and name not in included
    }
    return sorted(own)


def leaves_of(file: str, content: str, where: str) -> Leaves:
    """The strings of one `<channel>.yml` by their path: `actions.0.title`. Errors name the field."""
    import yaml

    place = f"{where}: {file}"
    try:
        told = yaml.safe_load(content) or {}
    except yaml.YAMLError as error:
        raise KithError(f"no valid YAML: {error}", where=place) from None
    if not isinstance(told, dict):
        raise KithError("is not a mapping", where=place, expected=", ".join(_FIELDS))
    return dict(_leaves(told, place))


def _leaves(told: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        expected = _FIELDS.get(name)
        if expected is None:
            raise KithError(f"no such field: {name}", where=place, expected=", ".join(_FIELDS))
        if expected is str:
            yield name, _text(value, place, name)
        elif expected is dict:
            for key, each in _entries(value, place, name):
                yield f"{name}.{key}", _text(each, place, f"{name}.{key}")
        else:
            yield from _listed(name, value, place)


def _listed(name: str, value: Any, place: str) -> Iterator[tuple[str, str]]:
    known, needed = (_MEDIA, "url") if name == "media" else (_ACTION, "title")
    if not isinstance(value, list):
        raise KithError(f"{name} is no list", where=place)
    for number, item in enumerate(value):
        fields = dict(_entries(item, place, f"{name}.{number}"))
        if unknown := set(fields) - known:
            raise KithError(
                f"no such field of {name}: {', '.join(sorted(unknown))}",
                where=place,
                expected=", ".join(known),
            )
        if needed not in fields:
            raise KithError(f"{name}.{number} has no {needed}", where=place)
        for key, each in fields.items():
            yield f"{name}.{number}.{key}", _text(each, place, f"{name}.{number}.{key}")


def _entries(value: Any, place: str, name: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise KithError(f"{name} is no mapping", where=place)
    for key, each in value.items():
        if not isinstance(key, str):
            raise KithError(f"{name} has a name that is no text: {key!r}", where=place)
        yield key, each


def _text(value: Any, place: str, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise KithError(f"{name} is no text", where=place)

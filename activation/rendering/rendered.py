"""What comes out of a template: one message as it reads, on one channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import md5

from kith.errors import KithError


@dataclass(frozen=True, slots=True)
class MediaPart:
    """A picture, film or file that the vendor fetches: `kind` is image, video, audio or document."""

    url: str
    kind: str = "image"
    text: str = ""


@dataclass(frozen=True, slots=True)
class ActionPart:
    """A button: opens `url`, or answers with its title where there is none."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as it reads: a subject of one line, and the same content once for each kind of reader.

    `options` are the template's own words for the channel (a vendor's template name, a collapse key), by name.
    """

    subject: str
    html: str = ""
    text: str = ""
    amp: str = ""
    media: tuple[MediaPart, ...] = ()
    actions: tuple[ActionPart, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """Names the content: the same template version, variables, locale and links render to the same one again."""
        told = md5("\0".join((self.subject, self.text, self.html, self.amp)).encode(), usedforsecurity=False)
        if self.media or self.actions or self.options:
            beside = [[*map(asdict, self.media)], [*map(asdict, self.actions)], dict(self.options)]
            told.update(json.dumps(beside, sort_keys=True).encode())
        return told.hexdigest()


class RenderRefused(KithError):
    """The template can't be rendered with these variables."""


class MissingVariable(RenderRefused):
    """A variable that the template needs is not there; `name` says which."""

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        super().__init__(f"the variable {name} is missing", where=where)

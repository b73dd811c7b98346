"""What RBM takes of an agent's message, written down from its reference."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=25)]
Postback = Annotated[str, StringConstraints(max_length=2_048)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    def count(self, *names: str) -> int:
        """How many of these parts are there."""
        return sum(getattr(self, name) is not None for name in names)


class _OpenUrl(_Shape):
    url: Url


class _Reply(_Shape):
    text: Words
    postbackData: Postback = ""


class _Action(_Shape):
    text: Words
    postbackData: Postback = ""
    fallbackUrl: Url | None = None
    openUrlAction: _OpenUrl


class Suggestion(_Shape):
    reply: _Reply | None = None
    action: _Action | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Suggestion:
        if self.count("reply", "action") != 1:
            raise ValueError("a reply or an action")
        return self


class ContentInfo(_Shape):
    fileUrl: Url
    thumbnailUrl: Url | None = None
    forceRefresh: bool = False


class _Media(_Shape):
    height: Literal["SHORT", "MEDIUM", "TALL"]
    contentInfo: ContentInfo


class Card(_Shape):
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    description: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    media: _Media | None = None
    suggestions: Annotated[list[Suggestion], Field(max_length=4, default_factory=list)]

    @model_validator(mode="after")
    def _holds_something(self) -> Card:
        if not self.count("title", "description", "media"):
            raise ValueError("a title, a description or media")
        return self


class _Standalone(_Shape):
    cardOrientation: Literal["HORIZONTAL", "VERTICAL"]
    thumbnailImageAlignment: Literal["LEFT", "RIGHT"] | None = None
    cardContent: Card


class _Carousel(_Shape):
    cardWidth: Literal["SMALL", "MEDIUM"]
    cardContents: Annotated[list[Card], Field(min_length=2, max_length=10)]


class _RichCard(_Shape):
    standaloneCard: _Standalone | None = None
    carouselCard: _Carousel | None = None

    @model_validator(mode="after")
    def _is_one(self) -> _RichCard:
        if self.count("standaloneCard", "carouselCard") != 1:
            raise ValueError("one card or a row of them")
        return self


class Content(_Shape):
    text: Annotated[str, StringConstraints(min_length=1, max_length=3_072)] | None = None
    fileName: str | None = None
    contentInfo: ContentInfo | None = None
    richCard: _RichCard | None = None
    suggestions: Annotated[list[Suggestion], Field(max_length=11, default_factory=list)]

    @model_validator(mode="after")
    def _is_one(self) -> Content:
        if self.count("text", "fileName", "contentInfo", "richCard") != 1:
            raise ValueError("one of text, fileName, contentInfo, richCard")
        return self


class AgentMessage(_Shape):
    """name and sendTime are output only: whoever sends them is refused."""

    contentMessage: Content
    messageTrafficType: Literal[
        "AUTHENTICATION", "TRANSACTION", "PROMOTION", "SERVICEREQUEST", "ACKNOWLEDGEMENT"
    ]
    ttl: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,7}(\.[0-9]{1,9})?s$")] | None = None
    expireTime: str | None = None

    @model_validator(mode="after")
    def _ends_once(self) -> AgentMessage:
        if self.count("ttl", "expireTime") > 1:
            raise ValueError("ttl or expireTime")
        return self


def wrong_part(model: type[BaseModel], content: Any) -> str:
    """Where the content leaves its shape; empty where it doesn't."""
    try:
        model.model_validate(content)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['type']}"
    return ""

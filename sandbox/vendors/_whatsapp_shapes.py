"""What the Cloud API takes of a message, written down from its documents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.vendors._graph import Shape

Text = Annotated[str, StringConstraints(min_length=1, max_length=4_096)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=1_024)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$")]


class TextPart(Shape):
    body: Text
    preview_url: bool = False


class Media(Shape):
    link: Link
    caption: Body | None = None
    filename: str | None = None


class Language(Shape):
    policy: Literal["deterministic"] = "deterministic"
    code: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]


class Parameter(Shape):
    type: Literal["text", "payload", "image", "video", "document"]
    text: str | None = None
    payload: str | None = None
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None

    @model_validator(mode="after")
    def _holds_its_type(self) -> Parameter:
        value: Any = getattr(self, self.type)
        if not value or (self.type == "text" and any(mark in value for mark in ("\n", "\t", "    "))):
            raise ValueError("a parameter holds what its type says, without line ends, tabs or four spaces")
        return self


class Component(Shape):
    type: Literal["header", "body", "button"]
    sub_type: Literal["url", "quick_reply", "catalog"] | None = None
    index: Annotated[str, StringConstraints(pattern=r"^[0-9]$")] | None = None
    parameters: Annotated[list[Parameter], Field(min_length=1)]


class Template(Shape):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Language
    components: Annotated[list[Component], Field(default_factory=list)]


class Reply(Shape):
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class Button(Shape):
    type: Literal["reply"]
    reply: Reply


class Row(Shape):
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    description: Annotated[str, StringConstraints(max_length=72)] | None = None


class Section(Shape):
    title: Annotated[str, StringConstraints(max_length=24)] | None = None
    rows: Annotated[list[Row], Field(min_length=1, max_length=10)]


class Action(Shape):
    buttons: Annotated[list[Button], Field(min_length=1, max_length=3)] | None = None
    button: Annotated[str, StringConstraints(min_length=1, max_length=20)] | None = None
    sections: Annotated[list[Section], Field(min_length=1, max_length=10)] | None = None


class InteractiveBody(Shape):
    text: Body


class Header(Shape):
    type: Literal["image", "video", "document"]
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None


class Interactive(Shape):
    type: Literal["button", "list"]
    header: Header | None = None
    body: InteractiveBody
    action: Action

    @model_validator(mode="after")
    def _has_its_action(self) -> Interactive:
        is_list = self.type == "list"
        if is_list != bool(self.action.sections) or is_list == bool(self.action.buttons):
            raise ValueError("buttons for a button message, sections for a list")
        if is_list and not self.action.button:
            raise ValueError("a list has a word that opens it")
        return self


class Message(Shape):
    """One message; exactly the part that `type` names."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: Annotated[str, StringConstraints(pattern=r"^\+?[1-9][0-9]{6,14}$")]
    type: Literal["text", "template", "image", "video", "document", "audio", "interactive"]
    biz_opaque_callback_data: Annotated[str, StringConstraints(max_length=512)] = ""
    text: TextPart | None = None
    template: Template | None = None
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None
    audio: Media | None = None
    interactive: Interactive | None = None

    @model_validator(mode="after")
    def _holds_its_type(self) -> Message:
        parts = ("text", "template", "image", "video", "document", "audio", "interactive")
        if [part for part in parts if getattr(self, part) is not None] != [self.type]:
            raise ValueError("the part that type names, and no other")
        return self

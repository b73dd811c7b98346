"""From a template and frozen variables to what a reader sees. Imports Jinja alone: a worker starts at once.

    templates = Templates(settings.definitions / "templates")
    template = templates.get(message.template, message.template_version)
    rendered = render(template, {**message.variables, "unsubscribe_url": url}, message.locale, message.channel)
    tracked = track_links(rendered, click_url, pixel_url, keep={url})

`click_url(index, target)` makes the tracked link; `rewrite` and `rewrite_text` do one part alone. `get`
refuses a version that is no longer on disk; then `template_of(name, files)` compiles it from the lake
(journeys/versions, kind `template`, body = its files). `render` raises MissingVariable or RenderRefused.
The bytes of a mail are the e-mail channel's business.
"""

from activation.rendering.filling import render
from activation.rendering.links import rewrite, rewrite_text, track_links
from activation.rendering.rendered import ActionPart, MediaPart, MissingVariable, Rendered, RenderRefused
from activation.rendering.templates import (
    SEND_TIME_VARIABLES,
    Template,
    Templates,
    load_template,
    template_of,
)

__all__ = [
    "SEND_TIME_VARIABLES",
    "ActionPart",
    "MediaPart",
    "MissingVariable",
    "RenderRefused",
    "Rendered",
    "Template",
    "Templates",
    "load_template",
    "render",
    "rewrite",
    "rewrite_text",
    "template_of",
    "track_links",
]

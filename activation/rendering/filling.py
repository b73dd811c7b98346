"""Fills a compiled template in with one message's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import jinja2
from jinja2.exceptions import TemplateError, UndefinedError

from activation.rendering.filters import READER_LOCALE, spoken
from activation.rendering.rendered import ActionPart, MediaPart, MissingVariable, Rendered, RenderRefused
from activation.rendering.sandbox import Attributes
from activation.rendering.templates import Template
from activation.rendering.variables import PROFILE
from activation.rendering.variants import EMAIL, Part

_UNDEFINED = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'")
# What a template's own expressions can raise; anything else is a fault of ours and comes through.
_RENDER_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError)


def render(
    template: Template, variables: Mapping[str, Any], locale: str = "", channel: str = EMAIL
) -> Rendered:
    """Fills a template in for one channel. A null is a missing value; raises MissingVariable or RenderRefused."""
    variant = template.variant(locale)
    part = variant.part(channel)
    if part is None:
        raise RenderRefused(f"has no part for {channel}", where=f"template {template.name}")
    given = {name: value for name, value in variables.items() if value is not None}
    if PROFILE in given:
        given[PROFILE] = Attributes(given[PROFILE])
    context = {**variant.defaults, **given, READER_LOCALE: spoken(locale, variant.locale)}
    try:
        filled = _fill(part, context)
    except UndefinedError as error:
        match = _UNDEFINED.search(str(error))
        name = (match[1] or match[2]) if match else str(error)
        raise MissingVariable(name, f"template {template.name}") from None
    except _RENDER_FAULTS as error:
        raise RenderRefused(f"can't be rendered: {error}", where=f"template {template.name}") from None
    if variant.inlines_css and filled.html:
        filled = replace(filled, html=_inliner().inline(filled.html))
    return filled


@cache
def _inliner() -> Any:
    """Styles of a `<style>` go to the elements themselves, for clients that drop it; `@media` rules stay.

    Done to the finished page: in a template's source, tags of Jinja stand where HTML allows none. Fetches nothing.
    """
    from css_inline import CSSInliner

    return CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def _fill(part: Part, context: dict[str, Any]) -> Rendered:
    # Whatever a name brings along, a subject is one line.
    subject = " ".join(_said(part.title, context).split())
    html, text, amp = (_said(each, context) for each in (part.html, part.text, part.amp))
    if part.is_plain:
        return Rendered(subject, html, text, amp)
    return Rendered(subject, html, text, amp, *_beside(part, context))


def _beside(part: Part, context: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Media, actions and options. An item whose address or title comes out empty is left out."""
    media = [_filled(each, context) for each in part.media]
    actions = [_filled(each, context) for each in part.actions]
    options = _filled(part.options, context)
    return (
        tuple(MediaPart(**each) for each in media if each["url"]),
        tuple(ActionPart(**each) for each in actions if each["title"]),
        {name: value for name, value in options.items() if value},
    )


def _filled(templates: Mapping[str, jinja2.Template], context: dict[str, Any]) -> dict[str, str]:
    return {name: _said(each, context).strip() for name, each in templates.items()}


def _said(template: jinja2.Template | None, context: dict[str, Any]) -> str:
    """As Template.render, without copying the context: there are no globals, and a template can't change it."""
    if template is None:
        return ""
    return "".join(template.root_render_func(template.new_context(context, shared=True)))

"""Links become tracked ones, and a pixel is put at the end. The tokens come from the caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from html import escape, unescape

from activation.rendering.rendered import ActionPart, Rendered

Track = Callable[[int, str], str]

_ANCHOR = re.compile(r"""<a(?=[\s/])(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""(?P<before>[\s/](?P<name>[^\s/>="']+)\s*=\s*)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s>"']+))"""
)
_PLAIN = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}'*_"
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


def rewrite(html: str, track: Track, pixel_url: str = "", keep: Collection[str] = ()) -> str:
    """Each http(s) link of an anchor becomes `track(index, url)`; a pixel goes before the end of the body.

    `index` counts the anchors in order of the document, `url` is unescaped, and what comes back is escaped.
    Links in `keep` (the unsubscribe link) stay as they are and are not counted.
    """
    return _with_pixel(_rewrite_anchors(html, _Numbered(track, keep)), pixel_url)


def rewrite_text(text: str, track: Track, first: int = 0, keep: Collection[str] = ()) -> str:
    """Each http(s) address of a plain text becomes `track(index, url)`; indexes count from `first`."""
    return _rewrite_plain(text, _Numbered(track, keep, first))


def track_links(
    rendered: Rendered, track: Track, pixel_url: str = "", keep: Collection[str] = ()
) -> Rendered:
    """All of a message; links of the text are numbered after those of the HTML, those of buttons come last.

    The AMP part stays as it is: what a mail client fetches for it is checked by the client's own rules.
    """
    numbered = _Numbered(track, keep)
    html = _with_pixel(_rewrite_anchors(rendered.html, numbered), pixel_url) if rendered.html else ""
    text = _rewrite_plain(rendered.text, numbered)
    actions = tuple(ActionPart(each.title, numbered(each.url) or each.url) for each in rendered.actions)
    return replace(rendered, html=html, text=text, actions=actions)


class _Numbered:
    def __init__(self, track: Track, keep: Collection[str], first: int = 0) -> None:
        self._track, self._keep, self._next = track, frozenset(keep), first

    def __call__(self, url: str) -> str | None:
        """The tracked link, or None where this one stays."""
        if url in self._keep or not url.lower().startswith(("http://", "https://")):
            return None
        index, self._next = self._next, self._next + 1
        return self._track(index, url)


def _rewrite_anchors(html: str, tracked: _Numbered) -> str:
    return _ANCHOR.sub(lambda anchor: _rewrite_tag(anchor[0], tracked), html)


def _rewrite_tag(tag: str, tracked: _Numbered) -> str:
    """The first href counts, as in a browser."""
    for attribute in _ATTRIBUTE.finditer(tag):
        if attribute["name"].lower() != "href":
            continue
        raw = next(value for value in attribute.group("double", "single", "bare") if value is not None)
        new = tracked(unescape(raw).strip())
        if new is None:
            return tag
        return f'{tag[: attribute.start()]}{attribute["before"]}"{escape(new)}"{tag[attribute.end() :]}'
    return tag


def _rewrite_plain(text: str, tracked: _Numbered) -> str:
    def replaced(match: re.Match[str]) -> str:
        url = match[0].rstrip(_TRAILING)
        new = tracked(url)
        return match[0] if new is None else new + match[0][len(url) :]

    return _PLAIN.sub(replaced, text)


def _with_pixel(html: str, pixel_url: str) -> str:
    if not pixel_url:
        return html
    pixel = (
        f'<img src="{escape(pixel_url)}" width="1" height="1" alt="" '
        'style="display:block;width:1px;height:1px;border:0">'
    )
    ends = list(_BODY_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + pixel + html[at:]

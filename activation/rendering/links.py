"""Links become tracked ones, and a pixel is put at the end. The tokens come from the caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache
from html import escape, unescape

from activation.rendering.rendered import ActionPart, Rendered

Track = Callable[[int, str], str]

# Letters of either case are written out: an expression that ignores case is searched for four times as slowly.
_ANCHOR = re.compile(r"""<[aA](?=[\s/])(?:[^>"']|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(
    r"""(?P<before>[\s/](?P<name>[^\s/>="']+)\s*=\s*)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s>"']+))"""
)
_PLAIN = re.compile(r"[hH][tT][tT][pP][sS]?://[^\s<>\"]+")
_TRAILING = ".,;:!?)]}'*_"
_BODY_END = re.compile(r"</[bB][oO][dD][yY]\s*>")


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
    found = _link_of(tag)
    new = tracked(found[1]) if found else None
    return tag if found is None or new is None else f'{found[0]}"{escape(new)}"{found[2]}'


@lru_cache(maxsize=4_096)  # the tags that a template writes itself are the same in every message
def _link_of(tag: str) -> tuple[str, str, str] | None:
    """What stands before an anchor's address, the address, and what stands behind it. The first href counts, as in a
    browser."""
    for attribute in _ATTRIBUTE.finditer(tag):
        if attribute["name"].lower() == "href":
            raw = next(value for value in attribute.group("double", "single", "bare") if value is not None)
            before = tag[: attribute.start()] + attribute["before"]
            return before, unescape(raw).strip(), tag[attribute.end() :]
    return None


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
    at = _end_of_body(html)
    return html[:at] + pixel + html[at:]


def _end_of_body(html: str) -> int:
    """Before the last `</body>` in any spelling; where there is none, at the very end."""
    at = html.rfind("</body>")
    later = [match.start() for match in _BODY_END.finditer(html, max(at, 0))]
    return later[-1] if later else len(html)

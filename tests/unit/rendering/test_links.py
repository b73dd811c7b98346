"""Links: every web address is tracked, in order, exactly once; all else stays."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.rendering import Rendered, rewrite, rewrite_text, track_links

PIXEL = "http://t.example/o/1.gif"


class Seen(list[tuple[int, str]]):
    def __call__(self, index: int, url: str) -> str:
        self.append((index, url))
        return f"http://t.example/c/{index}?x=1&y=2"


@pytest.mark.parametrize(
    ("anchor", "url"),
    [
        ('<a href="https://shop.example/">', "https://shop.example/"),
        ("<a href='https://shop.example/a b'>", "https://shop.example/a b"),
        ("<a href=https://shop.example/x>", "https://shop.example/x"),
        ('<A class="b>c" HREF = "HTTP://shop.example/">', "HTTP://shop.example/"),
        ('<a\nstyle="x"\n href="https://shop.example/?a=1&amp;b=2">', "https://shop.example/?a=1&b=2"),
        ('<a data-href="https://no.example" href="https://yes.example">', "https://yes.example"),
        ('<a href="https://first.example" href="https://second.example">', "https://first.example"),
    ],
)
def test_rewrite__tracks_an_anchor_however_it_is_written(anchor: str, url: str) -> None:
    seen = Seen()
    html = rewrite(f"<p>{anchor}x</a></p>", seen)
    assert seen == [(0, url)]
    assert 'href="http://t.example/c/0?x=1&amp;y=2"' in html.replace(" = ", "=").replace("HREF", "href")


@pytest.mark.parametrize(
    "html",
    [
        '<a href="mailto:a@example.com">x</a>',
        '<a href="#top">x</a>',
        '<a name="x">x</a>',
        '<img src="https://shop.example/x.png">',
        '<abbr href="https://shop.example">x</abbr>',
        '<a href="javascript:alert(1)">x</a>',
        "<p>https://shop.example in words</p>",
    ],
)
def test_rewrite__leaves_what_is_no_link(html: str) -> None:
    seen = Seen()
    assert rewrite(html, seen) == html
    assert not seen


def test_rewrite__numbers_in_order_and_keeps_the_unsubscribe_link() -> None:
    keep = "http://t.example/u/1?a=1&b=2"
    html = (
        '<a href="https://a.example">1</a><a href="http://t.example/u/1?a=1&amp;b=2">bye</a>'
        '<a href="https://a.example">2</a>'
    )
    rendered = Rendered("s", html, f"See https://a.example/x. Bye: {keep}")
    seen = Seen()
    tracked = track_links(rendered, seen, PIXEL, keep={keep})
    assert seen == [(0, "https://a.example"), (1, "https://a.example"), (2, "https://a.example/x")]
    assert "http://t.example/u/1?a=1&amp;b=2" in tracked.html
    assert tracked.text == f"See http://t.example/c/2?x=1&y=2. Bye: {keep}"


def test_rewrite__puts_the_pixel_last_in_the_body() -> None:
    html = rewrite("<body><p>x</p></body></html>", Seen(), PIXEL)
    assert html.count(PIXEL) == 1
    assert html.index(PIXEL) < html.index("</body>")
    assert rewrite("<p>x</p>", Seen(), PIXEL).count(PIXEL) == 1
    assert rewrite("<p>x</p>", Seen()) == "<p>x</p>"


def test_rewrite__what_comes_back_can_not_leave_its_attribute() -> None:
    html = rewrite('<a href="https://a.example">x</a>', lambda _i, _u: 'https://t.example/"><script>', PIXEL)
    assert "<script>" not in html


@given(st.lists(st.from_regex(r"https?://[a-z]{1,5}\.example/[a-z0-9/?=&%-]{0,12}[a-z0-9]", fullmatch=True)))
def test_rewrite_text__replaces_each_address_and_nothing_else(urls: list[str]) -> None:
    text = "".join(f"word {url} word\n" for url in urls)
    seen = Seen()
    rewritten = rewrite_text(text, seen, first=5)
    assert [url for _, url in seen] == urls
    assert [index for index, _ in seen] == list(range(5, 5 + len(urls)))
    assert rewritten == "".join(f"word http://t.example/c/{5 + n}?x=1&y=2 word\n" for n in range(len(urls)))


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]


@given(
    st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="<>"), max_size=20), max_size=5)
)
def test_rewrite__what_people_are_called_changes_no_link(names: list[str]) -> None:
    from html import escape

    html = "".join(f'<p title="{escape(n)}">{escape(n)}</p><a href="https://a.example/">x</a>' for n in names)
    anchors = _Anchors()
    anchors.feed(rewrite(html, Seen(), PIXEL))
    assert anchors.hrefs == [f"http://t.example/c/{n}?x=1&y=2" for n in range(len(names))]


@pytest.mark.parametrize("bad", ["<a " * 1000, '<a href="' * 1000, "<a x='" * 1000, '<a "' + "'\"" * 5_000])
def test_rewrite__broken_html_costs_no_time(bad: str) -> None:
    started = time.process_time()
    rewrite(bad, Seen(), PIXEL)
    assert time.process_time() - started < 2


def test_links__what_else_a_tag_says_stays_in_its_place():
    page = '<a class="one" href="https://a.example" title=\'x "y"\'>1</a><a href="https://a.example" id=two>2</a>'
    assert rewrite(page, lambda index, _url: f"http://t.example/{index}") == (
        '<a class="one" href="http://t.example/0" title=\'x "y"\'>1</a><a href="http://t.example/1" id=two>2</a>'
    )

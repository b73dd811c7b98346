"""The changes of a text, one place each. What isn't named stays as it is, to the letter."""

from __future__ import annotations

from typing import Any

import yaml

from dashboards.canvas.writing.spans import Keys, Page, Spot, document_of, names, values
from dashboards.canvas.writing.values import WIDTH, block, entry, flow, item
from kith.errors import KithError


def replace(text: str, keys: Keys, value: Any) -> str:
    """The value at the keys is another."""
    page = Page.of(text)
    spot = page.spot(keys)
    if spot.around is None:
        return block(value, 0) + "\n"
    start, end = spot.node.start_mark.index, page.end(spot.node)
    if spot.around.is_flow or (_is_short(spot.node) and not isinstance(value, dict | list)):
        return _spliced(text, start, end, flow(value) if spot.around.is_flow else block(value, 0), spot)
    around = spot.around.node
    head = page.head(around, spot.number)
    column = head - page.line_start(head)
    if isinstance(around, yaml.MappingNode):
        written, start = entry(keys[-1], value, column), head
    else:
        written = item(value, column + 2)
    return text[:start] + written + text[end:]


def with_key(text: str, keys: Keys, key: str, value: Any, after: tuple[str, ...] = ()) -> str:
    """The mapping at the keys has one key more: behind the last of `after` that it has, else as the last."""
    page = Page.of(_ended(text))
    node = page.spot(keys).node
    known = names(node)
    number = max((known.index(each) + 1 for each in after if each in known), default=len(known))
    if node.flow_style:
        return _into_flow(page, keys, number, flow({key: value})[1:-1])
    column = node.start_mark.column
    return _into_block(page, node, number, entry(key, value, column), column)


def with_item(text: str, keys: Keys, number: int, value: Any) -> str:
    """The sequence at the keys has one item more, at this number."""
    page = Page.of(_ended(text))
    node = page.spot(keys).node
    if not node.value:
        return replace(page.text, keys, [value])
    if node.flow_style:
        return _into_flow(page, keys, number, flow(value))
    column = node.start_mark.column
    return _into_block(page, node, number, "- " + item(value, column + 2), column)


def without_key(text: str, keys: Keys, key: str) -> str:
    """The mapping at the keys lacks a key."""
    node = Page.of(text).spot(keys).node
    return _without(text, keys, next(at for at, name in enumerate(names(node)) if str(name) == str(key)))


def without_item(text: str, keys: Keys, number: int) -> str:
    """The sequence at the keys lacks an item."""
    return _without(text, keys, number)


def listed(text: str, keys: Keys) -> str:
    """The value at the keys, a step alone, becomes a list of itself."""
    page = Page.of(_ended(text))
    spot = page.spot(keys)
    node = spot.node
    start, end = node.start_mark.index, page.end(node)
    if spot.is_flow or not isinstance(node, yaml.MappingNode):
        return _spliced(page.text, start, end, f"[{page.text[start:end]}]", spot)
    column = node.start_mark.column
    lines = page.text[start:end].split("\n")
    body = "\n".join([lines[0], *("  " + each if each.strip() else each for each in lines[1:])])
    if page.text[page.line_start(start) : start].strip():
        raise KithError(f"the step alone at {'.'.join(map(str, keys))} can't become a list")
    return page.text[:start] + "- " + body.replace("\n" + " " * column, "\n" + " " * column) + page.text[end:]


def move_item(text: str, source: Keys, number: int, target: Keys, place: int) -> str:
    """An item of one sequence stands in another, or elsewhere in its own; `place` counts before it is taken out.

    It takes its comments along where both are written over several lines.
    """
    page = Page.of(_ended(text))
    origin, aim = page.spot(source).node, page.spot(target).node
    value = document_of(page.text)
    for key in (*source, number):
        value = value[key]
    lines = "" if origin.flow_style or aim.flow_style or not aim.value else _lines(page, origin, number)
    if lines:
        shift = aim.start_mark.column - origin.start_mark.column
        with_it = _insert_lines(page, aim, place, _shifted(lines, shift))
    else:
        with_it = with_item(page.text, target, place, value)
    if source == target:
        return _without(with_it, source, number + (place <= number))
    return _without(with_it, _after_insertion(source, target, place), number)


def _after_insertion(source: Keys, target: Keys, place: int) -> Keys:
    """Where the source stands once something was put into the target."""
    depth = len(target)
    at = source[depth] if source[:depth] == target and len(source) > depth else ""
    if isinstance(at, int):
        return (*target, at + (place <= at), *source[depth + 1 :])
    return source


def _lines(page: Page, node: Any, number: int) -> str:
    """The whole lines of an item, or nothing where it shares its first one."""
    start, end = page.bounds(node, number)
    return page.text[start:end] if page.line_start(start) == start else ""


def _insert_lines(page: Page, node: Any, number: int, lines: str) -> str:
    if number == 0:
        start = page.bounds(node, 0)[0]
        if page.line_start(start) != start:
            raise KithError("nothing can be put before an item that shares its line with another's dash")
        return page.text[:start] + lines + page.text[start:]
    end = page.bounds(node, number - 1)[1]
    return page.text[:end] + lines + page.text[end:]


def _shifted(lines: str, shift: int) -> str:
    if shift >= 0:
        return "".join(" " * shift + each if each.strip() else each for each in lines.splitlines(True))
    return "".join(each[min(-shift, len(each) - len(each.lstrip())) :] for each in lines.splitlines(True))


def _into_block(page: Page, node: Any, number: int, written: str, column: int) -> str:
    """An entry more between whole lines; the first of those behind a dash takes the dash's place over. What is put
    before a first item stands above its comments."""
    pad = " " * column
    if number == 0 and isinstance(node, yaml.SequenceNode):
        start = page.bounds(node, 0)[0]
        if page.line_start(start) == start:
            return page.text[:start] + pad + written + "\n" + page.text[start:]
    if number == 0 and node.value:
        head = page.head(node, 0)
        return page.text[:head] + written + "\n" + pad + page.text[head:]
    end = page.bounds(node, number - 1)[1]
    return page.text[:end] + pad + written + "\n" + page.text[end:]


def _into_flow(page: Page, keys: Keys, number: int, written: str) -> str:
    """An entry more between brackets; a line that grows too long by it is written over several lines."""
    spot = page.spot(keys)
    node = spot.node
    if not node.value:
        at = node.start_mark.index + 1
    elif number < len(node.value):
        at, written = _flow_start(node, number), f"{written}, "
    else:
        at, written = page.end(values(node)[-1]), f", {written}"
    return _spliced(page.text, at, at, written, spot)


def _without(text: str, keys: Keys, number: int) -> str:
    page = Page.of(_ended(text))
    node = page.spot(keys).node
    inner = values(node)
    if len(inner) == 1:
        return replace(page.text, keys, {} if isinstance(node, yaml.MappingNode) else [])
    if not node.flow_style:
        start, end = page.bounds(node, number)
        if page.line_start(start) != start:
            # The next one comes to stand behind the dash that this one stood behind.
            end = page.head(node, number + 1)
        return page.text[:start] + page.text[end:]
    if number + 1 < len(inner):
        start, end = _flow_start(node, number), _flow_start(node, number + 1)
    else:
        start, end = page.end(inner[number - 1]), page.end(inner[number])
    return page.text[:start] + page.text[end:]


def _flow_start(node: Any, number: int) -> int:
    first = node.value[number][0] if isinstance(node, yaml.MappingNode) else node.value[number]
    return first.start_mark.index


def _spliced(text: str, start: int, end: int, written: str, spot: Spot) -> str:
    """The text with something else in one place; where the line grows too long for its brackets, they are opened."""
    found = text[:start] + written + text[end:]
    line = found[found.rfind("\n", 0, start) + 1 : (found + "\n").index("\n", start)]
    return _opened(found, spot, start) if len(line) > WIDTH else found


def _opened(text: str, spot: Spot, near: int) -> str:
    """The outermost brackets around a place written over several lines, unless they hold comments."""
    page = Page.of(text)
    chain, here = [], Spot(page.root)
    while not here.is_flow:
        inner = [at for at, each in enumerate(values(here.node)) if each.start_mark.index <= near]
        if not inner:
            return text
        here = Spot(values(here.node)[inner[-1]], here, inner[-1])
        chain.append(names(here.around.node)[here.number] if here.around else 0)
    start, end = here.node.start_mark.index, page.end(here.node)
    if here.around is None or "#" in text[start:end] or not here.node.value or near > end:
        return text
    value = document_of(text)
    for key in chain:
        value = value[key]
    head = page.head(here.around.node, here.number)
    column = head - page.line_start(head) + 2
    lead = "\n" + " " * column if isinstance(here.around.node, yaml.MappingNode) else ""
    start = len(text[:start].rstrip(" ")) if lead else start
    return text[:start] + lead + block(value, column) + text[end:]


def _is_short(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">")


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"

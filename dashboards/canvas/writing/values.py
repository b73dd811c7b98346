"""Values as YAML text, in the manner of the shipped definitions: short things in one line, long ones below."""

from __future__ import annotations

import math
from typing import Any

from kith.definitions.scalars import plain_value

WIDTH = 110
_FORBIDDEN_FIRST = set("-?:,[]{}#&*!|>'\"%@`=<")
_FORBIDDEN_INSIDE_FLOW = set(",[]{}")


def scalar(value: Any, in_flow: bool) -> str:
    """A text, number or truth value; quoted where it would be read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return text if _is_plain(text, in_flow) else _quoted(text)


def flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, True)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(value, in_flow=True)


def entry(key: Any, value: Any, column: int) -> str:
    """`key: value` of a block mapping whose keys begin at the column; without the column, without a last line end."""
    head = f"{scalar(key, False)}:"
    if not (_is_steps(key, value) or _opens(value, column + len(head) + 1)):
        return f"{head} {_inline(value)}"
    return f"{head}\n{' ' * (column + 2)}{block(value, column + 2)}"


def block(value: Any, column: int) -> str:
    """A value over several lines, of which all but the first begin at the column."""
    pad = "\n" + " " * column
    if isinstance(value, dict) and value:
        return pad.join(entry(key, each, column) for key, each in value.items())
    if isinstance(value, list | tuple) and value:
        return pad.join(f"- {item(each, column + 2)}" for each in value)
    return _inline(value)


def item(value: Any, column: int) -> str:
    """What stands behind a dash; the dash is two before the column. A step is a mapping over several lines, but for
    cases and variants, which are short."""
    is_short = len(flow(value)) + column <= WIDTH
    if isinstance(value, dict) and value and not (is_short and _is_case(value)):
        return block(value, column)
    return _inline(value) if is_short or not value else block(value, column)


_CASES = {"if", "share", "else", "then", "event", "attribute", "score", "did", "did_not", "segment", "message",
          "list", "consent", "random_share"}  # fmt: skip


def _is_case(value: dict[str, Any]) -> bool:
    return bool(_CASES & set(value))


def _is_steps(key: Any, value: Any) -> bool:
    """Steps stand below each other, however few and short they are."""
    return key == "steps" and isinstance(value, list) and any(isinstance(each, dict) for each in value)


def _opens(value: Any, column: int) -> bool:
    if not isinstance(value, dict | list | tuple) or not value:
        return False
    # So do those of an arm, once one of them says more than a little.
    is_steps = isinstance(value, list) and any(isinstance(each, dict) and len(each) > 2 for each in value)
    return is_steps or len(flow(value)) + column > WIDTH


def _inline(value: Any) -> str:
    return flow(value) if isinstance(value, dict | list | tuple) else scalar(value, in_flow=False)


def _real(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def _is_plain(text: str, in_flow: bool) -> bool:
    if not text or text != text.strip() or not text.isprintable() or text[0] in _FORBIDDEN_FIRST:
        return False
    if ": " in text or " #" in text or text.endswith(":") or text in ("---", "..."):
        return False
    if in_flow and (_FORBIDDEN_INSIDE_FLOW & set(text) or text.endswith("?")):
        return False
    try:
        return plain_value(text) == text and isinstance(plain_value(text), str)
    except ValueError:
        return False


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(each) or _escaped(each) for each in text) + '"'


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65_536 else f"\\U{code:08x}"

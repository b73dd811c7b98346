"""The Jinja environments that templates run in: no attributes of Python, no undefined values, no runaways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import DictLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from activation.rendering.filters import FILTERS

#: The longest text that one operator may make; a mail is far below it.
LONGEST_PRODUCT = 100_000


class Sandbox(ImmutableSandboxedEnvironment):
    """Immutable and sandboxed, and products of texts or lists are bounded."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise SecurityError("a template may not raise to a power")
        for one, other in ((left, right), (right, left)):
            if hasattr(one, "__len__") and isinstance(other, int) and len(one) * other > LONGEST_PRODUCT:
                raise SecurityError("a template may not make so long a text")
        return super().call_binop(context, operator, left, right)


class Attributes:
    """A person's attributes by name. There is nothing else to reach: no method of a mapping hides one, or passes
    for one that isn't there."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]


def environment(files: Mapping[str, str], is_html: bool) -> Sandbox:
    """An environment over the files of one variant of one template; HTML escapes what is put into it."""
    made = Sandbox(
        loader=DictLoader(dict(files)),
        undefined=StrictUndefined,
        autoescape=is_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.clear()  # no lipsum, cycler, namespace: a template fills in, it doesn't compute
    made.filters.update(FILTERS)
    return made

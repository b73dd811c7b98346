"""The Jinja environments that templates run in: no attributes of Python, no undefined values, no runaways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import DictLoader, StrictUndefined
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

from activation.rendering.filters import FILTERS

try:
    from markupsafe._speedups import _escape_inner as _escape_text
except ImportError:  # markupsafe without its C part

    def _escape_text(s: str, /) -> str:
        return str(escape(s))


#: The longest text that one operator may make; a mail is far below it.
LONGEST_PRODUCT = 100_000


class _QuickOutput(CodeGenerator):
    """What is put into HTML is escaped to plain text. Jinja's own way makes a Markup of each piece first, though all
    that happens to a piece is that it is joined with the others: half the time of a mail."""

    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class Sandbox(ImmutableSandboxedEnvironment):
    """Immutable and sandboxed, and products of texts or lists are bounded."""

    intercepted_binops = frozenset({"*", "**"})
    code_generator_class = _QuickOutput

    @staticmethod
    def escaped(value: Any) -> str:
        """As markupsafe.escape, for a piece of the output."""
        return _escape_text(value) if type(value) is str else str(escape(value))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Rows of data are dictionaries: their fields come before the methods that a dictionary happens to have."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

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

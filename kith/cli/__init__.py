"""The command-line shell: rooms register commands by entry point, loaded when they are called."""

from kith.cli.output import Output, with_output

__all__ = ["Output", "with_output"]

"""`kith`: finds the commands of the rooms, prints errors as one sentence, ends with a telling code.

0 done, 1 failed, 2 used wrongly.
"""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from kith import __version__
from kith.errors import KithError
from kith.log import configure_logging, mask
from kith.settings import load_settings


class Rooms(click.Group):
    """A group whose commands are entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._points())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = self._points().get(cmd_name)
        return point.load() if point else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self._points():
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"there is no command '{name}'; known are {known}", ctx)
        return super().resolve_command(ctx, args)

    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group="kith.commands")}


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kith")
def kith() -> None:
    """Know every customer, reach each one at the right moment, prove that it worked.

    Everything lies under KITH_HOME (default ./data). `make demo` shows the whole of it.
    """
    configure_logging(load_settings())


def main(arguments: list[str] | None = None) -> None:
    """The console script."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and answer its exit code."""
    try:
        answer: Any = kith.main(args=arguments, prog_name="kith", standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except KithError as error:
        click.echo(f"kith: {mask(str(error))}", err=True)
        return error.exit_code
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return 2 if isinstance(error, click.UsageError) else 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("kith: stopped", err=True)
        return 1
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    main()

"""Plugins are found by their file: adding one touches that file alone.

Every module of a package is a plugin named after its file, but for `contract` and names that begin with an
underscore. Its `plugin` attribute is the thing itself.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from kith.errors import KithError

Plugin = TypeVar("Plugin")


def plugins(package: str, contract: type[Plugin]) -> dict[str, Plugin]:
    """All plugins of a package by name. One that can't be imported, or breaks the contract, is an error."""
    return {name: plugin(package, name, contract) for name in plugin_names(package)}


def plugin_names(package: str) -> tuple[str, ...]:
    """The names alone, without importing any of them."""
    paths = import_module(package).__path__
    found = (module.name for module in pkgutil.iter_modules(paths) if not module.ispkg)
    return tuple(sorted(name for name in found if name != "contract" and not name.startswith("_")))


def plugin(package: str, name: str, contract: type[Plugin]) -> Plugin:
    """One plugin; an unknown name is an error that lists those that exist."""
    if name not in plugin_names(package):
        raise KithError(
            f"there is no {name} in {package}",
            expected="one of " + ", ".join(plugin_names(package)),
        )
    found = _load(package, name)
    if not isinstance(found, contract):
        raise KithError(
            f"its plugin is a {type(found).__name__}",
            where=f"{package}.{name}",
            expected=f"a {contract.__name__}",
        )
    return found


@cache
def _load(package: str, name: str) -> Any:
    try:
        module = import_module(f"{package}.{name}")
    except ImportError as error:
        raise KithError(f"can't be imported: {error}", where=f"{package}.{name}") from error
    if not hasattr(module, "plugin"):
        raise KithError("the module has no `plugin`", where=f"{package}.{name}", way_out="see docs/adding/")
    return module.plugin

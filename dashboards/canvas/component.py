"""Our own component for the canvas, over `@xyflow/react`: built in `build/`, its sources in `frontend/`.

Streamlit serves components of version 2 from a folder that a manifest names, and looks for manifests in installed
packages alone. The pages run from the checkout, so the manifest is told here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.components.v2 import component
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

FOLDER = Path(__file__).parent
NAME = "kith.journey_canvas"

#: Components belong to a running server; tests start one after the other in one process.
_MOUNTED: WeakKeyDictionary[Any, Callable[..., Any]] = WeakKeyDictionary()


def mount_canvas(data: dict[str, Any], key: str, on_edit: Callable[[], None]) -> None:
    """Draw the canvas; `on_edit` is called when it asks for something, which then stands in the session under `key`
    as `edit`."""
    _component()(data=data, key=key, height=int(data["height"]) + 4, on_edit_change=on_edit)


def _component() -> Callable[..., Any]:
    manager = get_bidi_component_manager()
    found = _MOUNTED.get(manager)
    if found is None:
        package, _, name = NAME.partition(".")
        manager.register_from_manifest(
            ComponentManifest(package, "1", [ComponentConfig(name, asset_dir="build")]), FOLDER
        )
        found = component(NAME, js="canvas.js", css="canvas.css", isolate_styles=False)
        _MOUNTED[manager] = found
    return found

"""Definitions are data: YAML files, checked against a model, versioned by the hash of what they say."""

from kith.definitions.keeping import Keeping, keep_definition
from kith.definitions.loader import Definition, definition_files, load_definition, load_kind
from kith.definitions.versions import land_versions, landed_versions, version_table
from kith.definitions.yaml import Position, read_yaml

__all__ = [
    "Definition",
    "Keeping",
    "Position",
    "definition_files",
    "keep_definition",
    "land_versions",
    "landed_versions",
    "load_definition",
    "load_kind",
    "read_yaml",
    "version_table",
]

"""The lake tables of this room."""

from kith.lake import LakeTable

TABLES: list[LakeTable] = []

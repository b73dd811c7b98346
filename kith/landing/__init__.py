"""The landing log: append, seal, tail."""

from kith.landing.cursor import Cursor, tail
from kith.landing.log import LandingLog, seal_all, sealed_segments
from kith.landing.segment import Batch, Segment, read_segment

__all__ = ["Batch", "Cursor", "LandingLog", "Segment", "read_segment", "seal_all", "sealed_segments", "tail"]

"""The landing log: append, seal, tail."""

from kith.landing.log import LandingLog, seal_all, sealed_segments
from kith.landing.segment import Batch, Segment, read_segment
from kith.landing.cursor import Cursor, tail

__all__ = ["Batch", "Cursor", "LandingLog", "Segment", "read_segment", "seal_all", "sealed_segments", "tail"]

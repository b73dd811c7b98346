"""Custom: the probability of whatever a definition names as its goal."""

from ml.binary.model import BinaryModel

plugin = BinaryModel(
    meaning="probability that the goal of the definition comes within the horizon",
    baselines=("best_column",),
)

"""Propensity: the probability that somebody buys within the horizon, customer or not."""

from ml.binary.model import BinaryModel

plugin = BinaryModel(
    meaning="probability of an order within the horizon",
    baselines=("last_value", "rfm_rule"),
)

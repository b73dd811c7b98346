"""Churn: the probability that a customer places no order within the horizon."""

from ml.binary.model import BinaryModel

plugin = BinaryModel(
    meaning="probability of no order within the horizon",
    baselines=("last_value", "rfm_rule"),
)

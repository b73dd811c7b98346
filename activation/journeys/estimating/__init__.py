"""Estimates before launch: who would be reached after each gate, what it costs, what it is expected to bring.

found = estimate(settings, load_rehearsal(settings, Path("winback.yml")))      # an Estimate
"""

from activation.journeys.estimating.estimate import Estimate, estimate

__all__ = ["Estimate", "estimate"]

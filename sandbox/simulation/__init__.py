"""A definition run into the future, in a copy of a sandbox world whose people answer.

found = simulate(settings, file, days=7)      # Findings; the home that was copied stays as it is
"""

from sandbox.simulation.findings import Findings
from sandbox.simulation.living import simulate

__all__ = ["Findings", "simulate"]

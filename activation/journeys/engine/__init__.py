"""The engine: everybody in every journey moved on by a handful of statements.

A tick takes the log up to a horizon and leaves what follows from it, exactly in time: stepping each minute, each
hour or once gives the same rows. See docs/journeys.md and the contract of activation/journeys/moves.
"""

from activation.journeys.engine.tick import Tick

__all__ = ["Tick"]
